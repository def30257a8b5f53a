import { GERMAN_FUNCTION_WORDS } from './function-words.data.ts';
import { formBySound } from './form-letters.ts';
import { germanNouns, once } from './lexicon.ts';
import { GERMAN_ADJECTIVES, GERMAN_VERBS } from './sound-words-de.data.ts';
import { ThingList, type Gathered, type Thing } from './thing.ts';
import {
  GERMAN_COLOURS,
  GERMAN_DIRECTIONS,
  GERMAN_LOOKS,
  GERMAN_MATERIALS,
  GERMAN_MATERIAL_THINGS,
  GERMAN_NUMBERS,
  GERMAN_PLACES,
  GERMAN_UNSEEN,
} from './visible-words.data.ts';
import { capitalise, endsSentence, startsUpper, toPieces, toWordSet, type Piece } from './words.ts';

interface Seen {
  readonly form: string;
  readonly many: boolean;
  /** As it is called when no article stands before it. */
  readonly name: string;
  /** "den Bären" may be one bear: its name then. */
  readonly oblique?: string;
}

interface Look {
  readonly base: string;
  readonly isColour: boolean;
  /** "rot" says something of the thing before it, "rotes" of the thing after it. */
  readonly inflected: boolean;
}

const words = once(() => ({
  functions: toWordSet(GERMAN_FUNCTION_WORDS),
  places: toWordSet(GERMAN_PLACES),
  directions: toWordSet(GERMAN_DIRECTIONS),
  materials: toWordSet(GERMAN_MATERIALS.toLowerCase()),
  materialThings: toWordSet(GERMAN_MATERIAL_THINGS.toLowerCase()),
  unseen: toWordSet(GERMAN_UNSEEN.toLowerCase()),
  numbers: toWordSet(GERMAN_NUMBERS),
  noThings: new Set([...toWordSet(GERMAN_VERBS.replaceAll(',', ' ')), ...toWordSet(GERMAN_ADJECTIVES)]),
}));

const ENDINGS = ['', 'e', 'er', 'es', 'en', 'em'];
const STATES = toWordSet('ist sind war waren besteht bestehen');
const JOINS = toWordSet('und oder aber sowie');
/** Small letters: these are rarely meant as things. */
const RARELY_THINGS = toWordSet('weg wege reise arm laut bank band bogen licht laden igel wagen weise ring');
const UNSEEN_ENDING = /(heit|keit|ung|schaft|tion|tät|nis|ismus|tum|erei)(en)?$/u;
const NO_NOUN_START = /(end|ernd|lich|ig|isch|sam|bar|haft)(e[rsnm]?)?$|t$/u;

/** The things that a German text names. */
export function thingsInGerman(text: string): Thing[] {
  const pieces = toPieces(text, 'de');
  const reader = new GermanReader(pieces.filter((piece) => piece.isWord && startsUpper(piece.text)).length <= 1);
  for (const [index, piece] of pieces.entries()) reader.read(piece, pieces[index + 2]);
  return reader.finish();
}

class GermanReader {
  readonly #list = new ThingList();
  readonly #inSmallLetters: boolean;
  #next: Gathered & { coloured: boolean } = emptyGathered();
  #isStart = true;
  #before = '';
  #secondBefore = '';
  #lastThing = '';

  constructor(inSmallLetters: boolean) {
    this.#inSmallLetters = inSmallLetters;
  }

  read(piece: Piece, following: Piece | undefined): void {
    if (!piece.isWord) {
      this.#readMark(piece);
      return;
    }
    this.#readWord(piece, following);
    this.#isStart = false;
    this.#secondBefore = this.#before;
    this.#before = piece.lower;
  }

  finish(): Thing[] {
    this.#closeClause();
    return this.#list.all();
  }

  #readMark(piece: Piece): void {
    if (!endsSentence(piece)) return;
    this.#closeClause();
    this.#list.endSentence();
    this.#isStart = true;
    this.#before = '';
  }

  /** What was gathered and found no thing after it belongs to the thing before it. */
  #closeClause(): void {
    for (const look of this.#next.looks) this.#list.describeLast(look, this.#next.coloured);
    this.#next = emptyGathered();
  }

  #readWord(piece: Piece, following: Piece | undefined): void {
    const lists = words();
    const { lower } = piece;
    const isMaterial = lists.materials.has(lower) || (this.#before === 'aus' && lists.materialThings.has(lower));
    if (isMaterial && this.#readMaterial(piece)) return;
    if (this.#readThing(piece, following)) return;
    if (lists.places.has(lower)) this.#readPlace(lower);
    else if (lists.directions.has(lower)) this.#next.looks.push(lower);
    else if (lists.numbers.has(lower) || /^\d{1,3}$/u.test(lower)) this.#next.number = lower;
    else if (JOINS.has(lower)) this.#readJoin();
    else if (lists.functions.has(lower)) this.#readSmallWord(lower);
    else this.#readLook(lower);
  }

  #readPlace(lower: string): void {
    const directions = this.#next.looks.filter((look) => words().directions.has(look));
    this.#next = { ...emptyGathered(), lead: [lower], looks: directions };
  }

  #readSmallWord(lower: string): void {
    if (this.#next.lead.length === 1 && lower !== 'nicht') this.#next.lead.push(lower);
  }

  #readJoin(): void {
    if (this.#next.looks.length === 0) this.#next = emptyGathered();
  }

  #readLook(lower: string): void {
    const look = looks().get(lower) ?? compoundLook(lower);
    if (look === undefined) return;
    const said = !look.inflected && this.#list.describeLast(look.base, look.isColour);
    if (said) return;
    this.#next.looks.push(look.base);
    this.#next.coloured ||= look.isColour;
  }

  /** "aus Holz" belongs to the thing before it. */
  #readMaterial(piece: Piece): boolean {
    if (!startsUpper(piece.text) && !this.#inSmallLetters) return false;
    const name = capitalise(piece.text);
    if (this.#before === 'aus') {
      this.#readMadeOf(`aus ${name}`);
      return true;
    }
    this.#push(name, nouns().get(piece.lower) ?? { form: 'a', many: false, name }, false);
    return true;
  }

  /** "ein Haus aus Stein", "das Haus ist aus Stein"; else it belongs to the thing after it: "bauen aus Pappe ein Haus". */
  #readMadeOf(material: string): void {
    const isSaid = this.#secondBefore === this.#lastThing || STATES.has(this.#secondBefore);
    if (!isSaid || !this.#list.describeLast(material, false)) this.#next.looks.push(material);
  }

  #readThing(piece: Piece, following: Piece | undefined): boolean {
    const isCapital = startsUpper(piece.text);
    if (!isCapital && !(this.#inSmallLetters && !RARELY_THINGS.has(piece.lower))) return false;
    const known = nouns().get(piece.lower) ?? (isCapital ? compoundNoun(piece.lower) : undefined);
    if (known !== undefined && !words().unseen.has(piece.lower)) {
      const isOne = known.oblique !== undefined && /^(?:de|.*e)[mn]$/u.test(this.#before);
      this.#push(capitalise(piece.text), isOne ? { ...known, name: known.oblique, many: false } : known, false);
      return true;
    }
    if (!isCapital || !this.#mayBeThing(piece, following)) return false;
    this.#push(piece.text, { form: formBySound(piece.text), many: false, name: piece.text }, true);
    return true;
  }

  /** Capitals make a noun; at the start of a sentence anything has one. */
  #mayBeThing(piece: Piece, following: Piece | undefined): boolean {
    const { lower } = piece;
    if (isNoThing(lower)) return false;
    if (!this.#isStart) return true;
    const isOther = words().noThings.has(lower) || words().directions.has(lower) || NO_NOUN_START.test(lower);
    return !isOther && !(following?.isWord === true && startsUpper(following.text));
  }

  #push(written: string, seen: Seen, bySound: boolean): void {
    const { lead, looks: said, number, coloured } = this.#next;
    this.#lastThing = written.toLowerCase();
    const name = lead.length === 0 ? seen.name : written;
    this.#list.add({
      name: number === '' ? name : `${number} ${name}`,
      lead: lead.join(' '),
      after: said,
      form: seen.form,
      many: seen.many || (number !== '' && number !== '1'),
      coloured,
      bySound,
    });
    this.#next = emptyGathered();
  }
}

function isNoThing(lower: string): boolean {
  const { functions, unseen, numbers } = words();
  const isKnown = [functions, unseen, numbers, looks()].some((list) => list.has(lower));
  return isKnown || UNSEEN_ENDING.test(lower) || lower.length < 2;
}

function emptyGathered(): Gathered & { coloured: boolean } {
  return { lead: [], looks: [], number: '', coloured: false };
}

const nouns = once(() => {
  const found = new Map<string, Seen>();
  const put = (word: string, seen: Seen) => {
    const lower = word.toLowerCase();
    if (!found.has(lower)) found.set(lower, seen);
  };
  for (const { word, form, gender, weak } of germanNouns()) {
    put(word, { form, many: false, name: word });
    if (gender === 'f' || weak) continue;
    for (const ending of ['s', 'es']) put(word + ending, { form, many: false, name: word });
  }
  for (const { word, plural, form, weak } of germanNouns()) {
    if (plural === undefined) continue;
    const seen = { form, many: true, name: plural };
    if (plural !== word) put(plural, weak ? { ...seen, oblique: word } : seen);
    put(`${plural}n`, seen);
  }
  return found;
});

const looks = once(() => {
  const found = new Map<string, Look>();
  const colours = toWordSet(GERMAN_COLOURS);
  for (const base of [...colours, ...toWordSet(GERMAN_LOOKS)])
    for (const ending of ENDINGS)
      found.set(base + ending, { base, isColour: colours.has(base), inflected: ending !== '' });
  for (const ending of ENDINGS.slice(1)) {
    found.set(`dunkl${ending}`, { base: 'dunkel', isColour: true, inflected: true });
    found.set(`hoh${ending}`, { base: 'hoch', isColour: false, inflected: true });
  }
  return found;
});

/** "himmelblau", "dunkelrote": the colour at the end counts. */
function compoundLook(lower: string): Look | undefined {
  for (let cut = 3; cut <= lower.length - 3 && cut < 20; cut++) {
    const look = looks().get(lower.slice(cut));
    if (look?.isColour === true) return { ...look, base: lower.slice(0, cut) + look.base };
  }
  return undefined;
}

/** Short words that end a compound; other short endings are chance (Direk-tor, Pal-ast). */
const SHORT_HEADS = toWordSet('rad hut zug bus uhr see tee');

/** "Apfelbaum": the end of a German compound says what it is. */
function compoundNoun(lower: string): Seen | undefined {
  if (lower.length > 60) return undefined;
  for (let cut = 3; cut <= lower.length - 3; cut++) {
    const head = lower.slice(cut);
    const seen = head.length > 3 || SHORT_HEADS.has(head) ? nouns().get(head) : undefined;
    if (seen !== undefined) return { ...seen, name: capitalise(lower.slice(0, cut) + seen.name.toLowerCase()) };
  }
  return undefined;
}

/** Whether a German lexicon knows the word as a thing. */
export function isGermanThing(lower: string): boolean {
  return nouns().has(lower);
}
