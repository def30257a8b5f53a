import { soundDistance, type Heard } from './sound.ts';

/** Which words may stand for which: a noun for a noun of the same gender and number, and so on. */
export interface Slot {
  /** The names of the pools to choose from. */
  readonly pools: readonly string[];
  /** The part that is heard, in small letters. */
  readonly heard: string;
  /** What stays before and after it: the front of a compound, an ending. */
  readonly before: string;
  readonly after: string;
}

/** The words that sound nearest to a slot's, nearest first. */
interface Mishearings {
  readonly words: readonly string[];
  /** At least one is so near that an ear may well take it for the other. */
  readonly isNear: boolean;
}

/** Sounds alike to an inattentive ear; beyond `FARTHEST` nobody would believe it. */
const NEAR = 0.4;
const FARTHEST = 0.6;
/** Words this much farther off than the nearest aren't heard instead of it. */
const SPREAD = 0.16;
const CHOICES = 6;

/** All words of a language that a hand can mishear. */
export class Ear {
  readonly #pools: ReadonlyMap<string, readonly Heard[]>;
  readonly #hear: (word: string) => Heard;

  constructor(pools: ReadonlyMap<string, ReadonlySet<string>>, hear: (word: string) => Heard) {
    this.#hear = hear;
    this.#pools = new Map(Array.from(pools, ([name, words]) => [name, Array.from(words, hear)]));
  }

  /** @param isTaken - words that aren't wanted, because the text has them already */
  nearest(slot: Slot, isTaken: (word: string) => boolean): Mishearings {
    const heard = this.#hear(slot.heard);
    const ranked = slot.pools
      .flatMap((pool) => this.#pools.get(pool) ?? [])
      .filter(({ word }) => word.toLowerCase() !== slot.heard && !isTaken(word))
      .map((other) => ({ word: other.word, distance: soundDistance(heard, other) }))
      .filter(({ distance }) => distance < FARTHEST)
      .sort((one, other) => one.distance - other.distance || (one.word < other.word ? -1 : 1));
    const nearest = ranked[0]?.distance ?? FARTHEST;
    const words = ranked.filter(({ distance }) => distance <= nearest + SPREAD).map(({ word }) => word);
    return { words: words.slice(0, CHOICES), isNear: nearest <= NEAR };
  }
}
