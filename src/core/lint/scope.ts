/** What a step can read where it stands. */
import type { ClosedType } from '../expression.ts';
import { referenceText } from '../references.ts';
import type { Reference } from '../references.ts';
import { suggest } from './finding.ts';
import { OUTPUT_FIELDS, outputFieldType } from './output.ts';

/** What an earlier step offers to later ones. */
export interface StepOffer {
  /** `list`: one text per iteration of a `forEach`. `unknown`: its chunk could not be checked. */
  readonly text: 'one' | 'list' | 'none' | 'unknown';
  /** Undefined when its chunk could not be checked. */
  readonly facts: Readonly<Record<string, ClosedType>> | undefined;
  readonly container: boolean;
}

export interface Scope {
  /** Earlier steps of the same list and of the lists around it. */
  readonly earlier: ReadonlyMap<string, StepOffer>;
  /** Steps of these lists that may run at the same time. */
  readonly beside: ReadonlySet<string>;
  /** Whether it stands inside `forEach: outputs`. */
  readonly inOutputs: boolean;
  /** Whether a container around it has a condition on the output. */
  readonly byOutput: boolean;
  /** Whether the innermost loop counts its iterations. */
  readonly counted: boolean;
  /** Whether there is a text for `previous.text`. */
  readonly previous: boolean;
  /** Whether the pipeline takes a text. */
  readonly input: boolean;
  /** Every step id of the pipeline, for messages. */
  readonly all: ReadonlySet<string>;
}

/** What a reference gives: a closed value, one text, a list of texts, or the list of output configs. */
export type Meaning =
  | { readonly ok: true; readonly type: ClosedType | 'text' | 'texts' | 'outputs' }
  | { readonly ok: false; readonly message: string; readonly suggestion?: string | undefined };

const given = (type: ClosedType | 'text' | 'texts' | 'outputs'): Meaning => ({ ok: true, type });
const missing = (message: string, suggestion?: string): Meaning => ({ ok: false, message, suggestion });

export function meaningOf(scope: Scope, reference: Reference): Meaning {
  switch (reference.root) {
    case 'outputs':
      return given('outputs');
    case 'iteration':
      return scope.counted
        ? given('number')
        : missing('`iteration` counts inside `repeat` and inside a `forEach` over a number');
    case 'config':
      return given('text');
    case 'parameters':
      return given('unknown');
    case 'previous':
      return scope.previous
        ? given('text')
        : missing('nothing gives previous.text: the pipeline takes no text and no step before wrote one');
    case 'input':
      return inputMeaning(scope, reference.name);
    case 'output':
      return outputMeaning(scope, reference.name);
    case 'steps':
      return stepMeaning(scope, reference);
  }
}

function inputMeaning(scope: Scope, name: string): Meaning {
  if (name !== 'text') return missing(`there is no input "${name}"`, 'Write input.text.');
  return scope.input ? given('text') : missing('the pipeline takes no text, so there is no input.text');
}

function outputMeaning(scope: Scope, field: string): Meaning {
  if (!scope.inOutputs) return missing(`output.${field} exists only inside \`forEach: outputs\``);
  const type = outputFieldType(field);
  return type === undefined
    ? missing(`an output config has no field "${field}"`, suggest(field, OUTPUT_FIELDS))
    : given(type);
}

function stepMeaning(scope: Scope, reference: Extract<Reference, { root: 'steps' }>): Meaning {
  const { step } = reference;
  const offer = scope.earlier.get(step);
  if (offer === undefined) {
    if (scope.beside.has(step))
      return missing(
        `${referenceText(reference)} cannot be read here: "${step}" may run at the same time`,
        'Add it to `needs`.',
      );
    return scope.all.has(step)
      ? missing(`${referenceText(reference)} cannot be read here: "${step}" comes later or stands inside another step`)
      : missing(`there is no step "${step}" before this one`, suggest(step, scope.earlier.keys()));
  }
  return reference.name === 'text' ? textMeaning(step, offer) : factMeaning(step, reference.fact, offer);
}

function textMeaning(step: string, offer: StepOffer): Meaning {
  switch (offer.text) {
    case 'one':
    case 'unknown':
      return given('text');
    case 'list':
      return given('texts');
    case 'none':
      return missing(`the step "${step}" writes no text`, `previous.text passes over steps that write none.`);
  }
}

function factMeaning(step: string, fact: string, offer: StepOffer): Meaning {
  if (offer.facts === undefined) return given('unknown');
  const type = offer.facts[fact];
  if (type !== undefined) return given(type);
  return offer.container
    ? missing(`"${step}" has no facts of its own; only the steps inside it do`)
    : missing(`the step "${step}" reports no fact "${fact}"`, suggest(fact, Object.keys(offer.facts)));
}
