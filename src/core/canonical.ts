import type { Json } from './json.ts';

/**
 * The RFC 8785 (JCS) form of a JSON value: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * prints them. Keys whose value is undefined are left out.
 *
 * @throws {TypeError} for a number that JSON cannot hold or a lone surrogate, which has no UTF-8 form
 */
export function canonicalJson(value: Json | undefined): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const parts: string[] = [];
  const object = value as { readonly [key: string]: Json | undefined };
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) parts.push(`${canonicalString(key)}:${canonicalJson(member)}`);
  }
  return `{${parts.join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('A text with a lone surrogate has no canonical form');
  return JSON.stringify(text);
}
