import { cutUp } from './cut-up.ts';
import { primaryLanguage, type Procedure, type ProcedureInput, type ProcedureResult } from './procedure.ts';
import { reduceToForm } from './reduce-to-form.ts';
import { telephone } from './telephone.ts';
import { unchanged } from './unchanged.ts';

export type { Procedure, ProcedureInput, ProcedureResult } from './procedure.ts';

/** The literary procedures of the offline provider, by id. */
export const PROCEDURES: Readonly<Record<string, Procedure>> = Object.fromEntries(
  [cutUp, reduceToForm, telephone, unchanged].map((procedure) => [procedure.id, procedure]),
);

/**
 * The text as a procedure rewrites it, with the name under which the record keeps the procedure.
 *
 * A procedure that doesn't know the language hands over to `cut-up`, and the facts say so
 * (`fallback`, `asked`, `language`).
 *
 * @throws {RangeError} when there is no procedure of this id; the message names those there are
 * @example
 * applyProcedure('cut-up', { text: 'one two', language: 'en', random: createRandom(7) }).model // => 'procedure/cut-up@1'
 */
export function applyProcedure(id: string, input: ProcedureInput): ProcedureResult & { readonly model: string } {
  const asked = Object.hasOwn(PROCEDURES, id) ? PROCEDURES[id] : undefined;
  if (asked === undefined) {
    throw new RangeError(`Expected a procedure (${Object.keys(PROCEDURES).join(', ')}), got "${id}".`);
  }
  if (speaks(asked, input.language)) return { ...asked.apply(input), model: modelOf(asked) };
  const { text, facts } = cutUp.apply(input);
  return {
    text,
    facts: { ...facts, fallback: cutUp.id, asked: asked.id, language: input.language },
    model: modelOf(cutUp),
  };
}

function speaks({ languages }: Procedure, language: string): boolean {
  return languages === 'any' || languages.includes(primaryLanguage(language));
}

function modelOf({ id, version }: Procedure): string {
  return `procedure/${id}@${version}`;
}
