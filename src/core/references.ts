/** References: how a step names what it reads. See spec chapter 2, "Flow of data". */
import { StemmaError } from './errors.ts';

export type Reference =
  | { readonly root: 'input' | 'parameters' | 'output'; readonly name: string }
  | { readonly root: 'config'; readonly name: 'context' | 'instruction' }
  | { readonly root: 'outputs' | 'iteration' }
  | { readonly root: 'previous' }
  | { readonly root: 'steps'; readonly step: string; readonly name: 'text' }
  | { readonly root: 'steps'; readonly step: string; readonly name: 'facts'; readonly fact: string };

/** What may be written, for messages. */
export const REFERENCE_FORMS =
  'input.text, parameters.<name>, config.context, config.instruction, output.<field>, outputs, iteration, previous.text, steps.<id>.text, steps.<id>.facts.<name>';

const NAME = /^[A-Za-z][\w-]*$/;

/** @throws {StemmaError} DEFINITION_INVALID when the text is no reference */
export function parseReference(text: string): Reference {
  const reference = toReference(text.trim().split('.'));
  if (reference !== undefined) return reference;
  throw new StemmaError('DEFINITION_INVALID', `"${text}" is no reference.`, {
    hint: `Write one of: ${REFERENCE_FORMS}.`,
  });
}

type Parts = readonly string[];

/** One reader per root: the reference, or undefined when the parts make none. */
const READERS: { readonly [root in Reference['root']]: (parts: Parts) => Reference | undefined } = {
  outputs: (parts) => (parts.length === 1 ? { root: 'outputs' } : undefined),
  iteration: (parts) => (parts.length === 1 ? { root: 'iteration' } : undefined),
  previous: ([, name, ...rest]) => (name === 'text' && rest.length === 0 ? { root: 'previous' } : undefined),
  config: ([, name, ...rest]) =>
    (name === 'context' || name === 'instruction') && rest.length === 0 ? { root: 'config', name } : undefined,
  input: (parts) => namedReference('input', parts),
  parameters: (parts) => namedReference('parameters', parts),
  output: (parts) => namedReference('output', parts),
  steps: stepReference,
};

function toReference(parts: Parts): Reference | undefined {
  const root = String(parts[0]);
  return isRoot(root) ? READERS[root](parts) : undefined;
}

const isRoot = (text: string): text is Reference['root'] => Object.hasOwn(READERS, text);

function namedReference(root: 'input' | 'parameters' | 'output', parts: Parts): Reference | undefined {
  const [, name, ...rest] = parts;
  return name !== undefined && rest.length === 0 && NAME.test(name) ? { root, name } : undefined;
}

function stepReference([, step = '', name, fact, ...rest]: Parts): Reference | undefined {
  if (!NAME.test(step) || rest.length > 0) return undefined;
  if (name === 'text' && fact === undefined) return { root: 'steps', step, name };
  if (name === 'facts' && fact !== undefined && NAME.test(fact)) return { root: 'steps', step, name, fact };
  return undefined;
}

/** The reference as it is written. */
export function referenceText(reference: Reference): string {
  switch (reference.root) {
    case 'outputs':
    case 'iteration':
      return reference.root;
    case 'previous':
      return 'previous.text';
    case 'steps':
      return reference.name === 'text'
        ? `steps.${reference.step}.text`
        : `steps.${reference.step}.facts.${reference.fact}`;
    case 'config':
    case 'input':
    case 'parameters':
    case 'output':
      return `${reference.root}.${reference.name}`;
  }
}

/** A prompt template's pieces: plain text, and the names between `{{` and `}}`. */
export type TemplatePiece = { readonly text: string } | { readonly placeholder: string };

/** Splits `Rewrite {{prompt}}` into its pieces; empty texts are left out. */
export function parseTemplate(template: string): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let from = 0;
  for (const match of template.matchAll(/\{\{\s*[\w.-]+\s*\}\}/g)) {
    if (match.index > from) pieces.push({ text: template.slice(from, match.index) });
    pieces.push({ placeholder: match[0].slice(2, -2).trim() });
    from = match.index + match[0].length;
  }
  if (from < template.length) pieces.push({ text: template.slice(from) });
  return pieces;
}
