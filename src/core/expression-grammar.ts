/** The grammar of conditions, by recursive descent. What they mean is in `expression.ts`. */
import { StemmaError } from './errors.ts';
import { parseReference } from './references.ts';
import type { Reference } from './references.ts';

export type Expression =
  | { readonly kind: 'literal'; readonly value: number | boolean | string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly left: Expression; readonly list: readonly Expression[] };

const MAX_LENGTH = 1000;
const MAX_DEPTH = 32;
const TOKEN =
  /\s*(?:(-?\d+(?:\.\d+)?(?![\w.]))|('[^']*'|"[^"]*")|([A-Za-z][\w-]*(?:\.[\w-]+)*)|(==|!=|<=|>=|[<>()[\],]))/y;
const WORDS = new Set(['and', 'or', 'not', 'in', 'true', 'false']);
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);

interface Token {
  readonly kind: 'number' | 'text' | 'reference' | 'sign' | 'end';
  readonly text: string;
  /** Counted from 1. */
  readonly position: number;
}

/**
 * The condition as a tree. `or` binds weakest, then `and`, `not`, comparisons; comparisons don't chain.
 *
 * @throws {StemmaError} DEFINITION_INVALID with `facts.position` (from 1): what was expected there, and what stands there
 */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH) throw fault(MAX_LENGTH + 1, `the end (${MAX_LENGTH} characters at most)`, 'more');
  const cursor = new Cursor(tokensOf(text));
  const expression = parseOr(cursor, 0);
  if (cursor.next.kind !== 'end') throw cursor.unexpected('`and`, `or`, a comparison or the end');
  return expression;
}

class Cursor {
  readonly #tokens: Generator<Token, never>;
  next: Token;

  constructor(tokens: Generator<Token, never>) {
    this.#tokens = tokens;
    this.next = { kind: 'end', text: '', position: 1 };
    this.take();
  }
  take(): Token {
    const taken = this.next;
    this.next = this.#tokens.next().value;
    return taken;
  }
  accept(sign: string): boolean {
    if (this.next.kind !== 'sign' || this.next.text !== sign) return false;
    this.take();
    return true;
  }
  unexpected(expected: string): StemmaError {
    return fault(this.next.position, expected, this.next.kind === 'end' ? 'the end' : this.next.text);
  }
}

function fault(position: number, expected: string, found: string): StemmaError {
  return new StemmaError('DEFINITION_INVALID', `Expected ${expected} at position ${position}, found ${found}.`, {
    facts: { position },
    hint: 'A condition is made of references, numbers, quoted texts, true, false, == != < <= > >=, and, or, not, in [a, b] and parentheses.',
  });
}

function* tokensOf(text: string): Generator<Token, never> {
  const end = text.trimEnd().length;
  let from = 0;
  while (from < end) {
    TOKEN.lastIndex = from;
    const match = TOKEN.exec(text);
    if (match === null) {
      const at = from + text.slice(from).search(/\S/);
      throw fault(at + 1, 'a value or an operator', text.slice(at, at + 1));
    }
    const [whole, number, quoted, name] = match;
    const token = whole.trimStart();
    const position = from + whole.length - token.length + 1;
    from = TOKEN.lastIndex;
    if (number !== undefined) yield { kind: 'number', text: token, position };
    else if (quoted !== undefined) yield { kind: 'text', text: token, position };
    else yield { kind: name === undefined || WORDS.has(name) ? 'sign' : 'reference', text: token, position };
  }
  for (;;) yield { kind: 'end', text: '', position: end + 1 };
}

function parseOr(cursor: Cursor, depth: number): Expression {
  let left = parseAnd(cursor, depth);
  while (cursor.accept('or')) left = { kind: 'or', left, right: parseAnd(cursor, depth) };
  return left;
}

function parseAnd(cursor: Cursor, depth: number): Expression {
  let left = parseNot(cursor, depth);
  while (cursor.accept('and')) left = { kind: 'and', left, right: parseNot(cursor, depth) };
  return left;
}

function parseNot(cursor: Cursor, depth: number): Expression {
  if (depth > MAX_DEPTH) throw cursor.unexpected(`at most ${MAX_DEPTH} levels of parentheses and \`not\``);
  return cursor.accept('not') ? { kind: 'not', operand: parseNot(cursor, depth + 1) } : parseComparison(cursor, depth);
}

function parseComparison(cursor: Cursor, depth: number): Expression {
  const left = parseOperand(cursor, depth);
  if (cursor.accept('in')) return { kind: 'in', left, list: parseList(cursor, depth) };
  if (!COMPARISONS.has(cursor.next.text) || cursor.next.kind !== 'sign') return left;
  const operator = cursor.take().text;
  return { kind: 'compare', operator, left, right: parseOperand(cursor, depth) };
}

function parseList(cursor: Cursor, depth: number): readonly Expression[] {
  if (!cursor.accept('[')) throw cursor.unexpected('a list such as [1, 2]');
  const list = [parseOperand(cursor, depth)];
  while (cursor.accept(',')) list.push(parseOperand(cursor, depth));
  if (!cursor.accept(']')) throw cursor.unexpected('`,` or `]`');
  return list;
}

function parseOperand(cursor: Cursor, depth: number): Expression {
  if (cursor.accept('(')) {
    const inner = parseOr(cursor, depth + 1);
    if (!cursor.accept(')')) throw cursor.unexpected('`)`');
    return inner;
  }
  if (cursor.accept('true')) return { kind: 'literal', value: true };
  if (cursor.accept('false')) return { kind: 'literal', value: false };
  const { kind, text } = cursor.next;
  if (kind === 'end' || kind === 'sign') throw cursor.unexpected('a value');
  const { position } = cursor.take();
  if (kind === 'number') return { kind: 'literal', value: Number(text) };
  if (kind === 'text') return { kind: 'literal', value: text.slice(1, -1) };
  try {
    return { kind: 'reference', reference: parseReference(text) };
  } catch {
    throw fault(position, 'a reference such as parameters.size or steps.check.facts.count', text);
  }
}
