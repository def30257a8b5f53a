import { StemmaError } from '../core/errors.ts';
import type { PromptText } from '../core/prompt.ts';
import type { Cleared } from '../core/stage.ts';

/** A request as it goes to a provider, and everything in it that can carry words. */
export interface TakenRequest<R> {
  /** A frozen copy: what the stage does to its own request afterwards changes nothing. */
  readonly request: R;
  /** The cleared texts in the request's order, each under its part's name. */
  readonly texts: readonly PromptText[];
  readonly language: string | undefined;
  /** The closed words: values, then keys. */
  readonly words: { readonly values: readonly string[]; readonly keys: readonly string[] };
}

const CLOSED_WORD = /^[\w./@:-]{0,64}$/;
const MOST_IN_A_ROW = 4;
const MOST_NUMBERS = 64;
const DEEPEST = 6;

/**
 * Copies a request in one turn, so that what is judged is what is sent. Texts are only let through as the gateway's own
 * `Cleared` values; beside them stand finite numbers, flags and closed words, in plain objects and dense arrays.
 *
 * @throws {StemmaError} SAFETY_UNCHECKED for anything else
 */
export function takeRequest<R>(request: R, isCleared: (value: object) => value is Cleared): TakenRequest<R> {
  const copy = new RequestCopy(isCleared);
  const own = copy.take(request, { at: 'request', depth: 0, name: '' }) as R;
  const { texts, values, keys } = copy;
  const spoken = typeof own === 'object' && own !== null && 'language' in own ? own.language : undefined;
  const language = typeof spoken === 'string' ? spoken : undefined;
  return { request: own, texts, language, words: { values, keys: [...keys] } };
}

interface Spot {
  readonly at: string;
  readonly depth: number;
  /** Of the part around it. */
  readonly name: string;
}

class RequestCopy {
  readonly texts: PromptText[] = [];
  readonly values: string[] = [];
  readonly keys = new Set<string>();
  readonly #isCleared: (value: object) => value is Cleared;
  #numbers = 0;

  constructor(isCleared: (value: object) => value is Cleared) {
    this.#isCleared = isCleared;
  }

  take(value: unknown, spot: Spot): unknown {
    if (typeof value === 'boolean') return value;
    if (typeof value === 'string') return this.#word(value, spot);
    if (typeof value === 'number') return this.#number(value, spot);
    if (typeof value !== 'object' || value === null) throw unchecked(spot);
    if (this.#isCleared(value)) {
      this.texts.push({ name: spot.name, text: value.text });
      return value;
    }
    if (spot.depth > DEEPEST) throw unchecked(spot);
    return Object.freeze(Array.isArray(value) ? this.#array(value, spot) : this.#object(value, spot));
  }

  #word(value: string, spot: Spot): string {
    if (!CLOSED_WORD.test(value)) throw unchecked(spot);
    this.values.push(value);
    return value;
  }

  /** Numbers in a row can spell a text. */
  #number(value: number, spot: Spot): number {
    if (!Number.isFinite(value) || ++this.#numbers > MOST_NUMBERS) throw unchecked(spot);
    return value;
  }

  #array(value: readonly unknown[], spot: Spot): unknown[] {
    const { length, ...items } = properties(value, spot);
    const own = Object.entries(items);
    const isDense = own.every(([key], index) => key === String(index)) && own.length === length;
    if (Object.getPrototypeOf(value) !== Array.prototype || !isDense) throw unchecked(spot);
    const closed = own.filter(([, item]) => typeof item !== 'object').length;
    if (closed > MOST_IN_A_ROW) throw unchecked(spot);
    return own.map(([key, item]) => this.take(item, inside(spot, key)));
  }

  #object(value: object, spot: Spot): object {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw unchecked(spot);
    const own = properties(value, spot);
    const name = typeof own['name'] === 'string' ? own['name'] : '';
    const copied = Object.entries(own).map(([key, item]) => {
      if (!CLOSED_WORD.test(key)) throw unchecked(spot);
      this.keys.add(key);
      return [key, this.take(item, { ...inside(spot, key), name })] as const;
    });
    return Object.fromEntries(copied);
  }
}

const inside = (spot: Spot, key: string): Spot => ({ at: `${spot.at}.${key}`, depth: spot.depth + 1, name: '' });

/** The values of an object's own properties, each read once and without running any code of the object's. */
function properties(value: object, spot: Spot): { readonly [key: string]: unknown } {
  const own: [string, unknown][] = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    const isLength = key === 'length' && Array.isArray(value);
    if (typeof key !== 'string' || property === undefined || !('value' in property)) throw unchecked(spot);
    if (!property.enumerable && !isLength) throw unchecked(spot);
    own.push([key, property.value]);
  }
  return Object.fromEntries(own);
}

const unchecked = ({ at }: Spot): StemmaError =>
  new StemmaError('SAFETY_UNCHECKED', `What stands at ${at} has not been cleared by the gateway.`, {
    hint: 'Pass the result of context.cleared(artifact) for a text; beside it only plain objects, short lists, numbers, flags and closed words.',
  });
