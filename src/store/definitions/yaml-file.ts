/** YAML with the place of everything in it. Never throws, whatever the text is. */
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, YAMLError } from 'yaml';

export interface Place {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export interface TextFault extends Place {
  readonly message: string;
  readonly suggestion?: string;
}

export interface ParsedText {
  readonly value: unknown;
  /** Where the value stands, or the nearest thing around it that is there. */
  placeOf(path: readonly PropertyKey[]): Place;
  /** Where the key stands in the map at the path. */
  placeOfKey(path: readonly PropertyKey[], key: string): Place;
}

export type TextResult =
  { readonly ok: true; readonly parsed: ParsedText } | { readonly ok: false; readonly faults: readonly TextFault[] };

const MAX_ALIASES = 100;
const MAX_FAULTS = 50;
const START: Place = { line: 1, column: 1 };
const NESTED: TextFault = {
  ...START,
  message: 'is nested too deeply, refers to itself, or repeats its anchors too often',
  suggestion: 'Write the values out.',
};

export function parseYaml(text: string): TextResult {
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, stringKeys: true, logLevel: 'error' });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) return { ok: false, faults: toFaults(faults) };
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    JSON.stringify(value); // throws when anchors make a ring
    return { ok: true, parsed: new Positions(value, document, lines) };
  } catch {
    return { ok: false, faults: [NESTED] };
  }
}

function toFaults(errors: readonly YAMLError[]): readonly TextFault[] {
  if (errors.some((error) => error.code === 'RESOURCE_EXHAUSTION')) return [NESTED];
  const faults = errors.slice(0, MAX_FAULTS).map((error) => {
    const [from] = error.linePos ?? [];
    return { message: firstLine(error.message), line: from?.line ?? 1, column: from?.col ?? 1 };
  });
  return faults.toSorted((left, right) => left.line - right.line || left.column - right.column);
}

/** Without the place and the quoted source that the parser puts behind its message. */
const firstLine = (message: string): string => message.replace(/( at line \d+, column \d+)?:?\s*(\n[\s\S]*)?$/, '');

class Positions implements ParsedText {
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(value: unknown, document: Document, lines: LineCounter) {
    this.value = value;
    this.#document = document;
    this.#lines = lines;
  }

  placeOf(path: readonly PropertyKey[]): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#at(node.range[0]);
    }
    return this.#at(this.#document.contents?.range?.[0] ?? 0);
  }

  placeOfKey(path: readonly PropertyKey[], key: string): Place {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? this.#at(pair.key.range[0]) : this.placeOf(path);
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
