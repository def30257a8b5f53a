/** Zod's issues in words a person who writes YAML understands, with the place of each. */
import { z } from 'zod';
import { nearest } from '../../core/nearest.ts';
import type { ParsedText, Place, TextFault } from './yaml-file.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

export interface SchemaFault extends TextFault {
  readonly path: readonly (string | number)[];
}

/** Every fault in the order in which it stands in the file. */
export function schemaFaults(schema: z.ZodType, issues: readonly Issue[], parsed: ParsedText): readonly SchemaFault[] {
  const report = new Report(schema, parsed);
  for (const issue of issues) report.add(issue, issue.path);
  return report.faults.toSorted((left, right) => left.line - right.line || left.column - right.column);
}

class Report {
  readonly faults: SchemaFault[] = [];
  readonly #schema: z.ZodType;
  readonly #parsed: ParsedText;

  constructor(schema: z.ZodType, parsed: ParsedText) {
    this.#schema = schema;
    this.#parsed = parsed;
  }

  add(issue: Issue, path: Path): void {
    if (issue.code === 'unrecognized_keys') this.#addKeys(issue.keys, path);
    else if (issue.code === 'invalid_key') this.#addKeyFault(issue, path);
    else if (issue.code === 'invalid_union') this.#addUnion(issue, path);
    else this.#addValueFault(path, wordsOf(issue, path, valueAt(this.#parsed.value, path)));
  }

  #addKeys(keys: readonly string[], path: Path): void {
    const known = keysAt(this.#schema, path);
    for (const key of keys) {
      const near = nearest(key, known);
      this.#push([...path, key], this.#parsed.placeOfKey(path, key), {
        message: `"${key}" is not known here`,
        suggestion: near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      });
    }
  }

  #addKeyFault(issue: Extract<Issue, { code: 'invalid_key' }>, path: Path): void {
    const key = String(path.at(-1));
    const message = `"${key}" ${issue.issues[0]?.message ?? issue.message}`;
    this.#push(path, this.#parsed.placeOfKey(path.slice(0, -1), key), { message });
  }

  /** The alternative that got furthest says best what is wrong; without one, what all of them are says it. */
  #addUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): void {
    const deepest = issue.errors.find((errors) => errors.every((error) => !isWrongType(error)));
    if (deepest === undefined) this.#addValueFault(path, { message: `${named(path)}${issue.message}` });
    else for (const error of deepest) this.add(error, [...path, ...error.path]);
  }

  #addValueFault(path: Path, words: Words): void {
    this.#push(path, this.#parsed.placeOf(path), words);
  }

  #push(path: Path, place: Place, words: Words): void {
    const parts = path.map((part) => (typeof part === 'number' ? part : String(part)));
    this.faults.push({ ...words, ...place, path: parts });
  }
}

interface Words {
  readonly message: string;
  readonly suggestion?: string;
}

const isWrongType = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};

function wordsOf(issue: Issue, path: Path, value: unknown): Words {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = TYPE_WORDS[issue.expected] ?? issue.expected;
      if (path.length === 0) return { message: `the file must be ${wanted}, not ${typeWord(value)}` };
      if (value === undefined) return { message: `${named(path)}is missing: ${wanted}` };
      return { message: `${named(path)}must be ${wanted}, not ${typeWord(value)}` };
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const near = typeof value === 'string' ? nearest(value, values) : undefined;
      const message = `${named(path)}must be one of ${values.join(', ')}`;
      return near === undefined ? { message } : { message, suggestion: `Did you mean "${near}"?` };
    }
    case 'too_small':
      return { message: `${named(path)}${sizeWords(issue.origin, 'at least', issue.minimum)}` };
    case 'too_big':
      return { message: `${named(path)}${sizeWords(issue.origin, 'at most', issue.maximum)}` };
    case 'invalid_format':
      return { message: `${JSON.stringify(value)} ${issue.message}` };
    default:
      return { message: issue.message };
  }
}

function sizeWords(origin: string, bound: string, limit: number | bigint): string {
  const one = Number(limit) === 1;
  if (origin === 'string') return `must have ${bound} ${limit} ${one ? 'character' : 'characters'}`;
  if (origin === 'array') return `must have ${bound} ${limit} ${one ? 'entry' : 'entries'}`;
  return `must be ${bound} ${limit}`;
}

function named(path: Path): string {
  const key = path.at(-1);
  return typeof key === 'number' ? `entry ${key + 1} ` : `"${String(key)}" `;
}

function typeWord(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number') return String(value);
  return 'a map';
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** The keys a map at the path may have. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let candidates = alternatives(schema);
  for (const part of path)
    candidates = candidates.flatMap((candidate) => childrenAt(candidate, part)).flatMap(alternatives);
  return candidates.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []));
}

/** The schema without its wrappings; each member of a union. */
function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternatives);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return alternatives(schema.unwrap());
  return [schema];
}

function childrenAt(schema: z.core.$ZodType, part: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (!(schema instanceof z.ZodObject) || typeof part !== 'string') return [];
  const child: z.core.$ZodType | undefined = schema.shape[part];
  return child === undefined ? [] : [child];
}
