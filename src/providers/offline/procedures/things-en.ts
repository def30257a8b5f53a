import { formBySound } from './form-letters.ts';
import { ENGLISH_FUNCTION_WORDS } from './function-words.data.ts';
import { englishNouns, once } from './lexicon.ts';
import { ENGLISH_ADJECTIVES, ENGLISH_SMALL_WORDS } from './sound-words-en.data.ts';
import { englishVerbForms } from './verbs-en.ts';
import { ThingList, type Gathered, type Thing } from './thing.ts';
import {
  ENGLISH_COLOURS,
  ENGLISH_DIRECTIONS,
  ENGLISH_LOOKS,
  ENGLISH_MATERIALS,
  ENGLISH_MATERIAL_THINGS,
  ENGLISH_NUMBERS,
  ENGLISH_OTHER_VERBS,
  ENGLISH_PLACES,
  ENGLISH_UNSEEN,
} from './visible-words.data.ts';
import { endsSentence, toPieces, toWordSet, type Piece } from './words.ts';

interface Seen {
  readonly form: string;
  readonly many: boolean;
}

const words = once(() => ({
  functions: toWordSet(ENGLISH_FUNCTION_WORDS),
  small: toWordSet(ENGLISH_SMALL_WORDS),
  places: toWordSet(ENGLISH_PLACES),
  directions: toWordSet(ENGLISH_DIRECTIONS),
  materials: toWordSet(ENGLISH_MATERIALS),
  materialThings: toWordSet(ENGLISH_MATERIAL_THINGS),
  colours: toWordSet(ENGLISH_COLOURS),
  looks: toWordSet(`${ENGLISH_COLOURS} ${ENGLISH_LOOKS}`),
  adjectives: toWordSet(ENGLISH_ADJECTIVES),
  unseen: toWordSet(ENGLISH_UNSEEN),
  numbers: toWordSet(ENGLISH_NUMBERS),
  verbs: new Set([...englishVerbForms().keys(), ...toWordSet(ENGLISH_OTHER_VERBS)]),
}));

const DETERMINERS = toWordSet(
  'the a an my your his her its our their this that these those some any no every each another many few two three four five six seven eight nine ten of with from without into like as and',
);
const PRONOUNS = toWordSet('i you he she it we they who that to');
const OBJECTS = toWordSet('me him them us you it');
const BE = toWordSet('is are was were be looks stays seems turns');
const UNSEEN_ENDING = /(ness|tion|sion|ity|ism|ship|hood|ance|ence)$/u;
const MODIFIER_ENDING = /(y|ful|ous|less|ive|al|ic|ent|ant|ish|ed|ing|est)$/u;

/** The things that an English text names. */
export function thingsInEnglish(text: string): Thing[] {
  const reader = new EnglishReader();
  const pieces = toPieces(text, 'en');
  for (const [index, piece] of pieces.entries()) {
    const following = pieces[index + 1]?.text === ' ' ? pieces[index + 2] : undefined;
    reader.read(piece, following);
  }
  return reader.finish();
}

class EnglishReader {
  readonly #list = new ThingList();
  #next = emptyGathered();
  #before = '';

  read(piece: Piece, following: Piece | undefined): void {
    if (!piece.isWord) {
      if (endsSentence(piece)) this.#endSentence();
      return;
    }
    const isOwner = /['’]s?$/u.test(piece.text);
    const text = piece.text.replace(/['’]s?$/u, '');
    this.#readWord({ ...piece, text, lower: text.toLowerCase() }, following);
    this.#before = isOwner ? 'the' : text.toLowerCase();
  }

  finish(): Thing[] {
    this.#endSentence();
    return this.#list.all();
  }

  #endSentence(): void {
    this.#closeClause();
    this.#list.endSentence();
    this.#before = '';
  }

  #closeClause(): void {
    for (const look of this.#next.looks) this.#list.describeLast(look, words().colours.has(look));
    this.#next = emptyGathered();
  }

  #readWord(piece: Piece, following: Piece | undefined): void {
    const lists = words();
    const { lower } = piece;
    const next = following?.isWord === true ? following.lower : '';
    const leadsOn = next !== '' && this.#isContent(next);
    if (lists.looks.has(lower) && this.#readLook(lower, leadsOn)) return;
    if (this.#isMaterial(lower)) this.#readMaterial(piece.text, leadsOn);
    else if (lists.places.has(lower)) this.#next = { ...emptyGathered(), lead: [lower] };
    else if (isNumber(lower)) this.#next.number = lower;
    else if (lists.directions.has(lower)) this.#next.looks.push(lower);
    else if (lists.functions.has(lower)) this.#readSmallWord(lower);
    else if (!this.#isDeed(lower, next)) this.#readThing(piece, leadsOn);
  }

  #isMaterial(lower: string): boolean {
    const { materials, materialThings } = words();
    if (PRONOUNS.has(this.#before)) return false;
    return materials.has(lower) || (this.#before === 'of' && materialThings.has(lower));
  }

  /** "Draw me a sheep", "and breathes fire": an unknown word that does something to what comes after it. */
  #isDeed(lower: string, next: string): boolean {
    if (nouns().has(lower)) return false;
    if (this.#before !== '' && this.#before !== 'and') return false;
    return DETERMINERS.has(next) ? next !== 'and' : OBJECTS.has(next);
  }

  #readSmallWord(lower: string): void {
    if (lower === 'and' && this.#next.looks.length > 0) return;
    if (this.#next.lead.length === 1 && DETERMINERS.has(lower)) this.#next.lead.push(lower);
    else if (!DETERMINERS.has(lower)) this.#closeClause();
  }

  /** A look goes to the thing after it, or after "is" to the thing before it. */
  #readLook(lower: string, leadsOn: boolean): boolean {
    const isColour = words().colours.has(lower);
    if (!leadsOn && !BE.has(this.#before) && nouns().has(lower)) return false;
    if ((BE.has(this.#before) || !leadsOn) && this.#list.describeLast(lower, isColour)) return true;
    this.#next.looks.push(lower);
    return true;
  }

  /** "made of wood" belongs to the thing before it, "a wood table" to the one after it. */
  #readMaterial(text: string, leadsOn: boolean): void {
    const lower = text.toLowerCase();
    if (this.#before === 'of' && this.#list.describeLast(`of ${lower}`, false)) return;
    if (leadsOn) this.#next.looks.push(lower);
    else this.#push(text, nouns().get(lower) ?? { form: 'a', many: false }, false);
  }

  #readThing(piece: Piece, leadsOn: boolean): void {
    const { lower, text } = piece;
    const known = nouns().get(lower);
    const joinsDeeds = known === undefined && this.#before === 'and';
    const isVerb = words().verbs.has(lower) && (joinsDeeds || this.#isVerbHere());
    if (known !== undefined && !isVerb) this.#push(text, known, false);
    else if (isVerb) this.#closeClause();
    else if (this.#mayBeThing(lower, leadsOn)) this.#push(text, { form: formBySound(text), many: false }, true);
  }

  /** After "the", "my", "on", or an adjective stands a thing; elsewhere the word is a deed. */
  #isVerbHere(): boolean {
    if (PRONOUNS.has(this.#before) || this.#before === '') return true;
    const { looks, lead } = this.#next;
    const lists = words();
    const isAfterNoun = looks.length === 0 && lead.length === 0;
    const introduces =
      DETERMINERS.has(this.#before) || lists.adjectives.has(this.#before) || lists.places.has(this.#before);
    return isAfterNoun && !introduces;
  }

  #mayBeThing(lower: string, leadsOn: boolean): boolean {
    if (isNoThing(lower) || (leadsOn && MODIFIER_ENDING.test(lower))) return false;
    const { looks, lead, number } = this.#next;
    const isOpen = looks.length > 0 || lead.length > 0 || number !== '' || this.#before === '';
    return isOpen || DETERMINERS.has(this.#before) || isModifier(this.#before);
  }

  #isContent(lower: string): boolean {
    const lists = words();
    const isNoun = nouns().has(lower);
    if (isNoun || lists.looks.has(lower) || lists.materials.has(lower)) return true;
    return !lists.functions.has(lower) && !lists.verbs.has(lower) && !lists.small.has(lower);
  }

  #push(text: string, seen: Seen, bySound: boolean): void {
    const { lead, looks, number } = this.#next;
    this.#list.add({
      name: [number, ...looks, text].filter((part) => part !== '').join(' '),
      lead: lead.join(' '),
      after: [],
      form: seen.form,
      many: seen.many || (number !== '' && number !== 'one' && number !== '1'),
      coloured: looks.some((look) => words().colours.has(look)),
      bySound,
    });
    this.#next = emptyGathered();
  }
}

function isNumber(lower: string): boolean {
  return words().numbers.has(lower) || /^\d{1,3}$/u.test(lower);
}

function isModifier(lower: string): boolean {
  return words().adjectives.has(lower) || MODIFIER_ENDING.test(lower);
}

function isNoThing(lower: string): boolean {
  const { unseen, adjectives, small } = words();
  const isKnown = [unseen, adjectives, small].some((list) => list.has(lower));
  return isKnown || UNSEEN_ENDING.test(lower) || lower.endsWith('ly') || lower.length < 2;
}

function emptyGathered(): Gathered {
  return { lead: [], looks: [], number: '' };
}

const nouns = once(() => {
  const found = new Map<string, Seen>();
  for (const { word, form } of englishNouns()) found.set(word, { form, many: false });
  for (const { plural, form } of englishNouns())
    if (plural !== undefined && !found.has(plural)) found.set(plural, { form, many: true });
  return found;
});

/** Whether an English lexicon knows the word as a thing. */
export function isEnglishThing(lower: string): boolean {
  return nouns().has(lower);
}
