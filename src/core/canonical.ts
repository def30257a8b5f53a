import type { Json } from './json.ts';

/**
 * The RFC 8785 (JCS) form of a JSON value: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * prints them. Keys whose value is undefined are left out.
 *
 * @throws {TypeError} for a number that JSON cannot hold or a lone surrogate, which has no UTF-8 form
 */
export function canonicalJson(value: Json | undefined): string {
  const ordered = isInOrder(value) ? value : inOrder(value);
  if (ordered === UNORDERABLE) return spelledOut(value);
  const text = JSON.stringify(ordered);
  return LONE_SURROGATE.test(text) ? spelledOut(value) : text;
}

/** As `JSON.stringify` writes one; the same signs may also be somebody's text. */
const LONE_SURROGATE = /\\ud[89a-f]/;
const UNORDERABLE = Symbol('a key that an object does not keep where it is put');

/** Whether `JSON.stringify` writes its keys in order as they stand; what is written most often was made so. */
function isInOrder(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'number' || Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isInOrder);
  const object = value as { readonly [key: string]: Json | undefined };
  let last = '';
  for (const key in object) {
    if (key < last || !isInOrder(object[key])) return false;
    last = key;
  }
  return true;
}

/** A copy whose keys were put in order, for `JSON.stringify`, which is several times faster than our own hands. */
function inOrder(value: Json | undefined): Json | undefined | typeof UNORDERABLE {
  if (typeof value !== 'object' || value === null) return jsonNumber(value);
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => inOrder(item));
    return items.includes(UNORDERABLE) ? UNORDERABLE : (items as Json[]);
  }
  const copy: { [key: string]: Json | undefined } = {};
  const object = value as { readonly [key: string]: Json | undefined };
  for (const key of Object.keys(object).sort()) {
    const member = inOrder(object[key]);
    if (member === UNORDERABLE || startsWithDigit(key) || key === '__proto__') return UNORDERABLE;
    copy[key] = member;
  }
  return copy;
}

/** Objects keep keys that look like an index before all others. */
function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

function jsonNumber<T>(value: T): T {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  return value;
}

function spelledOut(value: Json | undefined): string {
  if (typeof value === 'string') return canonicalString(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(jsonNumber(value));
  if (Array.isArray(value)) return `[${value.map((item: Json) => spelledOut(item)).join(',')}]`;
  const parts: string[] = [];
  const object = value as { readonly [key: string]: Json | undefined };
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) parts.push(`${canonicalString(key)}:${spelledOut(member)}`);
  }
  return `{${parts.join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('A text with a lone surrogate has no canonical form');
  return JSON.stringify(text);
}
