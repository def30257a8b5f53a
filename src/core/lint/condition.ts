/** References, conditions and loops of one step. */
import { toStemmaError } from '../errors.ts';
import { checkExpression, parseExpression, referencesOf } from '../expression.ts';
import type { ClosedType, Expression } from '../expression.ts';
import { nearest } from '../nearest.ts';
import { parseReference } from '../references.ts';
import type { Reference } from '../references.ts';
import { suggest } from './finding.ts';
import type { Path } from './finding.ts';
import { meaningOf } from './scope.ts';
import type { Meaning, Scope, StepOffer } from './scope.ts';
import type { ParameterRead, StepDesk } from './pipeline.ts';

export type GivenType = Extract<Meaning, { ok: true }>['type'];

interface Reading {
  readonly path: Path;
  readonly text: string;
  readonly wants: ParameterRead['wants'];
}

/** What the reference gives; undefined when it cannot be used, which is reported. */
export function checkReference(place: StepDesk, reading: Reading): GivenType | undefined {
  let reference: Reference;
  try {
    reference = parseReference(reading.text);
  } catch (thrown) {
    const { message, hint } = toStemmaError(thrown);
    const near = nearest(reading.text, usualReferences(place.scope));
    place.desk.report(reading.path, withoutDot(message), near === undefined ? hint : `Did you mean "${near}"?`);
    return undefined;
  }
  return resolve(place, reading, reference);
}

/** The same for a reference that has been parsed. */
export function resolve(
  place: StepDesk,
  reading: Pick<Reading, 'path' | 'wants'>,
  reference: Reference,
): GivenType | undefined {
  if (reference.root === 'parameters')
    place.needs.reads.push({
      name: reference.name,
      wants: reading.wants,
      chunk: place.step.use,
      step: place.step.id,
    });
  const meaning = meaningOf(place.scope, reference);
  if (meaning.ok) return meaning.type;
  place.desk.report(reading.path, meaning.message, meaning.suggestion);
  return undefined;
}

const withoutDot = (message: string): string => message.replace(/\.$/, '');

function usualReferences(scope: Scope): readonly string[] {
  return [
    'input.text',
    'config.context',
    'config.instruction',
    'outputs',
    'previous.text',
    ...Array.from(scope.earlier.keys(), (step) => `steps.${step}.text`),
    ...factReferences(scope.earlier),
  ];
}

export function checkWhen(place: StepDesk): void {
  const text = place.step.when;
  if (text !== undefined) readCondition(place, { path: [...place.path, 'when'], text });
}

/** Parses and checks a condition; undefined when it is none. */
function readCondition(place: StepDesk, at: { path: Path; text: string }): Expression | undefined {
  let expression: Expression;
  try {
    expression = parseExpression(at.text);
  } catch (thrown) {
    const { message, hint } = toStemmaError(thrown);
    place.desk.report(at.path, withoutDot(message), hint);
    return undefined;
  }
  const types = checkExpression(expression, (reference) => conditionType(place, at.path, reference));
  for (const problem of types) place.desk.report(at.path, withoutDot(problem));
  place.needs.conditions.push({ step: place.step.id, expression });
  return expression;
}

/** In a condition `input.text` is how many texts were given. */
function conditionType(place: StepDesk, path: Path, reference: Reference): ClosedType {
  if (reference.root === 'input' && reference.name === 'text') return 'number';
  const type = resolve(place, { path, wants: 'any' }, reference);
  if (type === undefined) return 'unknown';
  if (type !== 'text' && type !== 'texts' && type !== 'outputs') return type;
  place.desk.report(path, `a condition reads closed values, never a text such as this field of the output config`);
  return 'unknown';
}

/** `outputs`, or a number. */
export function checkForEach(place: StepDesk): void {
  const { forEach: text } = place.step;
  if (typeof text !== 'string' || text === 'input.text') return;
  const path = [...place.path, 'forEach'];
  const type = checkReference(place, { path, text, wants: text === 'outputs' ? 'any' : 'number' });
  if (type !== undefined && type !== 'outputs' && type !== 'number' && type !== 'unknown')
    place.desk.report(path, `\`forEach\` takes outputs or a number; ${text} is neither`, 'Write `forEach: outputs`.');
}

type Loop = NonNullable<StepDesk['step']['repeat']>;

/** `inside`: what the steps offer whose facts `until` may read. */
export function checkRepeat(place: StepDesk, inside: ReadonlyMap<string, StepOffer>): void {
  const { repeat } = place.step;
  if (repeat === undefined) return;
  const path = [...place.path, 'repeat'];
  if (repeat.times === undefined && repeat.until === undefined)
    place.desk.report(path, '`repeat` needs `times` or `until`');
  checkTimes(place, repeat, path);
  if (repeat.until !== undefined) checkUntil(place, { path: [...path, 'until'], text: repeat.until, inside });
}

function checkTimes(place: StepDesk, repeat: Loop, loop: Path): void {
  const { times, max } = repeat;
  const path = [...loop, 'times'];
  if (typeof times === 'number' && times > max)
    place.desk.report(
      path,
      `${times} times is more than \`max\`, which is ${max}`,
      `Raise \`max\`, or lower \`times\`.`,
    );
  if (typeof times !== 'string') return;
  const type = times === 'input.text' ? 'number' : checkReference(place, { path, text: times, wants: 'number' });
  if (type !== undefined && type !== 'number' && type !== 'unknown')
    place.desk.report(path, `\`times\` needs a number; ${times} is a ${type}`);
}

function checkUntil(place: StepDesk, at: { path: Path; text: string; inside: ReadonlyMap<string, StepOffer> }): void {
  const scope: Scope = { ...place.scope, earlier: at.inside, counted: true };
  const expression = readCondition({ ...place, scope }, at);
  if (expression === undefined || referencesOf(expression).some(({ root }) => root === 'steps' || root === 'iteration'))
    return;
  place.desk.report(
    at.path,
    '`until` reads no fact of a step inside, so it never changes',
    suggest('', factReferences(at.inside)),
  );
}

const factReferences = (inside: ReadonlyMap<string, StepOffer>): readonly string[] =>
  [...inside].flatMap(([step, offer]) => Object.keys(offer.facts ?? {}).map((fact) => `steps.${step}.facts.${fact}`));
