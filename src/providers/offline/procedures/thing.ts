/** A thing found in a text, ready to be drawn. */
export interface Thing {
  /** As the text wrote it, with the number or the adjectives that stand before it. */
  readonly name: string;
  /** Where it is: preposition and article of the text, or nothing. */
  readonly lead: string;
  /** What is said of it: colour, size, material, direction. */
  readonly after: readonly string[];
  readonly form: string;
  readonly many: boolean;
  /** The text gave it a colour. */
  readonly coloured: boolean;
  /** No lexicon knows it: its form follows its sound. */
  readonly bySound: boolean;
}

/** What is gathered about the next thing while reading towards it. */
export interface Gathered {
  lead: string[];
  looks: string[];
  number: string;
}

/** Things in the order of the text, each once; what is said of one later is added to it. */
export class ThingList {
  readonly #things = new Map<string, Thing>();
  #last: string | undefined;

  add(thing: Thing): void {
    const key = thing.name.toLowerCase();
    const known = this.#things.get(key);
    this.#things.set(key, known === undefined ? thing : withLooks(known, thing.after, thing.coloured));
    this.#last = key;
  }

  /** Says something of the last thing; false when there is none in this sentence. */
  describeLast(look: string, isColour: boolean): boolean {
    const last = this.#last === undefined ? undefined : this.#things.get(this.#last);
    if (this.#last === undefined || last === undefined) return false;
    this.#things.set(this.#last, withLooks(last, [look], isColour));
    return true;
  }

  endSentence(): void {
    this.#last = undefined;
  }

  all(): Thing[] {
    return [...this.#things.values()];
  }
}

function withLooks(thing: Thing, looks: readonly string[], coloured: boolean): Thing {
  const fresh = looks.filter((look) => !thing.after.includes(look) && !thing.name.includes(look));
  return { ...thing, after: [...thing.after, ...fresh].slice(0, 4), coloured: thing.coloured || coloured };
}
