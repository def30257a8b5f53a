/** References: how a step names what it reads. See spec chapter 2, "Flow of data". */
import { StemmaError } from './errors.ts';

export type Reference =
  | { readonly root: 'input' | 'parameters' | 'output'; readonly name: string }
  | { readonly root: 'config'; readonly name: 'context' | 'instruction' }
  | { readonly root: 'outputs' }
  | { readonly root: 'previous' }
  | { readonly root: 'steps'; readonly step: string; readonly name: 'text' }
  | { readonly root: 'steps'; readonly step: string; readonly name: 'facts'; readonly fact: string };

/** What may be written, for messages. */
export const REFERENCE_FORMS =
  'input.text, parameters.<name>, config.context, config.instruction, output.<field>, outputs, previous.text, steps.<id>.text, steps.<id>.facts.<name>';

const NAME = /^[A-Za-z][\w-]*$/;

/** @throws {StemmaError} DEFINITION_INVALID when the text is no reference */
export function parseReference(text: string): Reference {
  const reference = toReference(text.trim().split('.'));
  if (reference !== undefined) return reference;
  throw new StemmaError('DEFINITION_INVALID', `"${text}" is no reference.`, {
    hint: `Write one of: ${REFERENCE_FORMS}.`,
  });
}

function toReference(parts: readonly string[]): Reference | undefined {
  const [root, first = '', second, third = ''] = parts;
  const named = parts.length === 2 && NAME.test(first);
  switch (root) {
    case 'outputs':
      return parts.length === 1 ? { root } : undefined;
    case 'previous':
      return parts.length === 2 && first === 'text' ? { root } : undefined;
    case 'config':
      return parts.length === 2 && (first === 'context' || first === 'instruction') ? { root, name: first } : undefined;
    case 'input':
    case 'parameters':
    case 'output':
      return named ? { root, name: first } : undefined;
    case 'steps':
      return stepReference({ step: first, name: second, fact: third, length: parts.length });
    default:
      return undefined;
  }
}

function stepReference(part: {
  step: string;
  name: string | undefined;
  fact: string;
  length: number;
}): Reference | undefined {
  if (!NAME.test(part.step)) return undefined;
  if (part.name === 'text' && part.length === 3) return { root: 'steps', step: part.step, name: 'text' };
  if (part.name === 'facts' && part.length === 4 && NAME.test(part.fact))
    return { root: 'steps', step: part.step, name: 'facts', fact: part.fact };
  return undefined;
}

/** The reference as it is written. */
export function referenceText(reference: Reference): string {
  switch (reference.root) {
    case 'outputs':
      return 'outputs';
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
