import type { ChunkDefinition, Origin, Resolved } from '../definitions.ts';
import { nearest } from '../nearest.ts';
import { parseReference, parseTemplate, REFERENCE_FORMS } from '../references.ts';
import type { Reference } from '../references.ts';
import { suggest } from './finding.ts';
import type { Desk } from './finding.ts';
import type { StageShape } from './stage-catalogue.ts';

/** Stages that reach files, tools and services: not for what a member saved. */
const TRUSTED_STAGES = /^(file|tool|cards|webhook|lookup)\./;

/** `given`: the `with` keys of all steps that use the chunk. */
export function lintChunk(desk: Desk, chunk: Resolved<'chunks'>, given: ReadonlySet<string>): void {
  const { definition, origin } = chunk;
  checkOrigin(desk, definition.stage, origin);
  if (definition.stage.startsWith('flow.'))
    desk.report(
      ['stage'],
      `"${definition.stage}" is no stage for a chunk; steps of a pipeline run it by themselves`,
      'Write `review:` or `waitFor:` in the pipeline.',
    );
  const shape = desk.bench.stages.get(definition.stage);
  if (shape === undefined) {
    desk.report(
      ['stage'],
      `there is no stage "${definition.stage}"`,
      suggest(definition.stage, desk.bench.stages.keys()) ?? '`stemma stages list` shows them.',
    );
    return;
  }
  for (const part of Object.keys(definition.template ?? {})) checkPart(desk, shape, { part, stage: definition.stage });
  for (const placeholder of placeholdersOf(definition)) checkPlaceholder(desk, placeholder, given);
  for (const key of Object.keys(definition.defaults)) {
    if (!shape.settings.includes(key))
      desk.report(
        ['defaults', key],
        `"${key}" is no setting of the stage ${definition.stage}`,
        suggest(key, shape.settings),
      );
  }
}

function checkOrigin(desk: Desk, stage: string, origin: Origin): void {
  if (origin === 'member' && TRUSTED_STAGES.test(stage))
    desk.report(
      ['stage'],
      `"${stage}" reaches files, tools or services; only shipped and admin definitions may use it`,
      'Ask whoever runs this Stemma to put the chunk into its data directory.',
    );
}

function checkPart(desk: Desk, shape: StageShape, at: { part: string; stage: string }): void {
  const input = shape.inputs[at.part];
  if (input?.kind === 'artifact') return;
  const texts = Object.keys(shape.inputs).filter((key) => shape.inputs[key]?.kind === 'artifact');
  const why = input === undefined ? 'does not read' : 'reads as a closed value or a list, never as a text,';
  desk.report(
    ['template', at.part],
    `the template has a part "${at.part}", which the stage ${at.stage} ${why}`.replace(/,$/, ''),
    suggest(at.part, texts),
  );
}

/** A name between `{{` and `}}`, with the part it stands in and, when it is one, the reference. */
export interface Placeholder {
  readonly part: string;
  readonly name: string;
  /** Undefined for a plain name that a step's `with` gives. */
  readonly reference: Reference | undefined;
  readonly valid: boolean;
}

export function placeholdersOf(chunk: ChunkDefinition): readonly Placeholder[] {
  return Object.entries(chunk.template ?? {}).flatMap(([part, template]) =>
    parseTemplate(template).flatMap((piece) => ('text' in piece ? [] : [toPlaceholder(part, piece.placeholder)])),
  );
}

function toPlaceholder(part: string, name: string): Placeholder {
  if (!name.includes('.')) return { part, name, reference: undefined, valid: true };
  try {
    return { part, name, reference: parseReference(name), valid: true };
  } catch {
    return { part, name, reference: undefined, valid: false };
  }
}

const USUAL = ['prompt', 'config.context', 'config.instruction', 'previous.text', 'input.text', 'output.instruction'];

/** A plain name that no step gives is the chunk's mistake when it looks like one of the usual names, else the step's. */
function checkPlaceholder(desk: Desk, placeholder: Placeholder, given: ReadonlySet<string>): void {
  const { part, name, valid, reference } = placeholder;
  if (!valid) {
    const near = nearest(name, USUAL);
    desk.report(
      ['template', part],
      `"{{${name}}}" is no placeholder and no reference`,
      near === undefined
        ? `Write {{prompt}}, a name that each step gives in \`with\`, or one of: ${REFERENCE_FORMS}.`
        : `Did you mean "{{${near}}}"?`,
    );
    return;
  }
  if (reference !== undefined || name === 'prompt' || given.has(name)) return;
  const near = nearest(name, USUAL);
  if (near !== undefined)
    desk.report(['template', part], `"{{${name}}}" is unknown: no step gives it`, `Did you mean "{{${near}}}"?`);
}
