/**
 * Conditions: the language of `when` and `until`. Literals, references, `== != < <= > >=`, `and or not`, `in` with a
 * list, parentheses; no calls, nothing that could run. They read closed values, never text (spec chapter 2).
 */
import type { Expression } from './expression-grammar.ts';
import { referenceText } from './references.ts';
import type { Reference } from './references.ts';

export { parseExpression } from './expression-grammar.ts';
export type { Expression } from './expression-grammar.ts';

export type ClosedType = 'number' | 'boolean' | 'string' | 'null' | 'unknown';
export type ClosedValue = number | boolean | string | null;

/** Every reference in the order it is written; one that is written twice comes twice. */
export function referencesOf(expression: Expression): readonly Reference[] {
  return expression.kind === 'reference' ? [expression.reference] : childrenOf(expression).flatMap(referencesOf);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'reference':
      return [];
    case 'not':
      return [expression.operand];
    case 'in':
      return [expression.left, ...expression.list];
    case 'and':
    case 'or':
    case 'compare':
      return [expression.left, expression.right];
  }
}

/**
 * What is wrong with the types: each a whole sentence, none when the condition can be used. Only closed values may be
 * read; `input.text` is how many texts were given.
 *
 * @param typeOf - undefined for a reference that does not exist there; `unknown` fits everything
 */
export function checkExpression(
  expression: Expression,
  typeOf: (reference: Reference) => ClosedType | undefined,
): readonly string[] {
  const problems: string[] = [];
  expectType(typeIn({ typeOf, problems }, expression), 'boolean', () =>
    problems.push('A condition must be true or false as a whole; compare the value with something.'),
  );
  return problems;
}

interface Typing {
  readonly typeOf: (reference: Reference) => ClosedType | undefined;
  readonly problems: string[];
}

function typeIn(typing: Typing, expression: Expression): ClosedType {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value as 'number' | 'boolean' | 'string';
    case 'reference':
      return typeOfReference(typing, expression.reference);
    case 'in': {
      const type = typeIn(typing, expression.left);
      for (const item of expression.list) expectSame(typing, type, typeIn(typing, item));
      return 'boolean';
    }
    case 'compare':
      checkComparison(typing, expression);
      return 'boolean';
    case 'not':
    case 'and':
    case 'or':
      for (const operand of childrenOf(expression))
        expectType(typeIn(typing, operand), 'boolean', (type) =>
          typing.problems.push(`\`${expression.kind}\` needs true or false on each side, not a ${type}.`),
        );
      return 'boolean';
  }
}

function typeOfReference(typing: Typing, reference: Reference): ClosedType {
  const text = referenceText(reference);
  if (isText(reference)) {
    typing.problems.push(`"${text}" is a text; conditions read facts, parameters, output fields and input counts.`);
    return 'unknown';
  }
  const type = typing.typeOf(reference);
  if (type === undefined) typing.problems.push(`"${text}" does not exist here.`);
  return type ?? 'unknown';
}

const isText = (reference: Reference): boolean =>
  reference.root === 'previous' ||
  reference.root === 'config' ||
  reference.root === 'outputs' ||
  (reference.root === 'steps' && reference.name === 'text');

function checkComparison(typing: Typing, comparison: Extract<Expression, { kind: 'compare' }>): void {
  const left = typeIn(typing, comparison.left);
  const right = typeIn(typing, comparison.right);
  expectSame(typing, left, right);
  if (comparison.operator === '==' || comparison.operator === '!=') return;
  for (const type of [left, right])
    expectType(type, 'number', () =>
      typing.problems.push(`\`${comparison.operator}\` compares numbers, not a ${type}.`),
    );
}

function expectSame(typing: Typing, left: ClosedType, right: ClosedType): void {
  if (left !== right && left !== 'unknown' && right !== 'unknown')
    typing.problems.push(`A ${left} is compared with a ${right}; they are never equal.`);
}

function expectType(type: ClosedType, wanted: ClosedType, otherwise: (type: ClosedType) => void): void {
  if (type !== wanted && type !== 'unknown') otherwise(type);
}

/**
 * Whether the condition holds. A value that is not there (a fact of a skipped step) equals nothing and is not true.
 * `and` and `or` stop as soon as they know.
 */
export function evaluateExpression(
  expression: Expression,
  valueOf: (reference: Reference) => ClosedValue | undefined,
): boolean {
  return valueIn(expression, valueOf) === true;
}

function valueIn(
  expression: Expression,
  valueOf: (reference: Reference) => ClosedValue | undefined,
): ClosedValue | undefined {
  const value = (inner: Expression): ClosedValue | undefined => valueIn(inner, valueOf);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'reference':
      return valueOf(expression.reference);
    case 'not':
      return value(expression.operand) !== true;
    case 'and':
      return value(expression.left) === true && value(expression.right) === true;
    case 'or':
      return value(expression.left) === true || value(expression.right) === true;
    case 'in': {
      const left = value(expression.left);
      return left !== undefined && expression.list.some((item) => value(item) === left);
    }
    case 'compare':
      return compare(expression.operator, value(expression.left), value(expression.right));
  }
}

function compare(operator: string, left: ClosedValue | undefined, right: ClosedValue | undefined): boolean {
  if (operator === '!=') return left !== right;
  if (operator === '==') return left === right && left !== undefined;
  if (typeof left !== 'number' || typeof right !== 'number') return false;
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}
