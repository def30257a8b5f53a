import type { Gender } from './lexicon.ts';

/** An elementary form of the Bauhaus's preliminary course, named in both languages. */
interface ElementaryForm {
  readonly de: string;
  readonly dePlural: string;
  readonly gender: Gender;
  readonly en: string;
  readonly enPlural: string;
  /** Stem of an adjective that belongs to the form ("schräge Linie"). */
  readonly deAdjective?: string;
  /** The colour that Kandinsky's questionnaire of 1923 found for the form. */
  readonly colour?: ColourLetter;
}

interface Colour {
  readonly de: string;
  readonly en: string;
}

const COLOURS = {
  r: { de: 'rot', en: 'red' },
  b: { de: 'blau', en: 'blue' },
  y: { de: 'gelb', en: 'yellow' },
  g: { de: 'grün', en: 'green' },
  o: { de: 'orangefarben', en: 'orange' },
  v: { de: 'violett', en: 'violet' },
  n: { de: 'braun', en: 'brown' },
  k: { de: 'schwarz', en: 'black' },
  w: { de: 'weiß', en: 'white' },
  a: { de: 'grau', en: 'grey' },
} as const satisfies Record<string, Colour>;

type ColourLetter = keyof typeof COLOURS;

const FORMS: Readonly<Record<string, ElementaryForm>> = {
  c: { de: 'Kreis', dePlural: 'Kreise', gender: 'm', en: 'circle', enPlural: 'circles', colour: 'b' },
  t: { de: 'Dreieck', dePlural: 'Dreiecke', gender: 'n', en: 'triangle', enPlural: 'triangles', colour: 'y' },
  q: { de: 'Quadrat', dePlural: 'Quadrate', gender: 'n', en: 'square', enPlural: 'squares', colour: 'r' },
  r: { de: 'Rechteck', dePlural: 'Rechtecke', gender: 'n', en: 'rectangle', enPlural: 'rectangles' },
  o: { de: 'Oval', dePlural: 'Ovale', gender: 'n', en: 'oval', enPlural: 'ovals' },
  h: { de: 'Halbkreis', dePlural: 'Halbkreise', gender: 'm', en: 'semicircle', enPlural: 'semicircles' },
  n: { de: 'Ring', dePlural: 'Ringe', gender: 'm', en: 'ring', enPlural: 'rings' },
  d: { de: 'Raute', dePlural: 'Rauten', gender: 'f', en: 'diamond', enPlural: 'diamonds' },
  k: { de: 'Trapez', dePlural: 'Trapeze', gender: 'n', en: 'trapezium', enPlural: 'trapeziums' },
  e: { de: 'Stern', dePlural: 'Sterne', gender: 'm', en: 'star', enPlural: 'stars' },
  x: { de: 'Kreuz', dePlural: 'Kreuze', gender: 'n', en: 'cross', enPlural: 'crosses' },
  g: { de: 'Raster', dePlural: 'Raster', gender: 'n', en: 'grid', enPlural: 'grids' },
  s: { de: 'Spirale', dePlural: 'Spiralen', gender: 'f', en: 'spiral', enPlural: 'spirals' },
  b: { de: 'Bogen', dePlural: 'Bögen', gender: 'm', en: 'arc', enPlural: 'arcs' },
  p: { de: 'Punkt', dePlural: 'Punkte', gender: 'm', en: 'point', enPlural: 'points' },
  a: { de: 'Fläche', dePlural: 'Flächen', gender: 'f', en: 'plane', enPlural: 'planes' },
  l: { de: 'Linie', dePlural: 'Linien', gender: 'f', en: 'line', enPlural: 'lines' },
  w: { de: 'Wellenlinie', dePlural: 'Wellenlinien', gender: 'f', en: 'wavy line', enPlural: 'wavy lines' },
  z: { de: 'Zickzacklinie', dePlural: 'Zickzacklinien', gender: 'f', en: 'zigzag line', enPlural: 'zigzag lines' },
  y: {
    de: 'Linie',
    dePlural: 'Linien',
    gender: 'f',
    deAdjective: 'schräg',
    en: 'slanting line',
    enPlural: 'slanting lines',
  },
  i: {
    de: 'Linie',
    dePlural: 'Linien',
    gender: 'f',
    deAdjective: 'senkrecht',
    en: 'vertical line',
    enPlural: 'vertical lines',
  },
  j: {
    de: 'Linie',
    dePlural: 'Linien',
    gender: 'f',
    deAdjective: 'waagerecht',
    en: 'horizontal line',
    enPlural: 'horizontal lines',
  },
};

export type FormLanguage = 'de' | 'en';

const DE_COUNTS = ['', '', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun'];
const EN_COUNTS = ['', '', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const DE_ENDINGS: Readonly<Record<Gender, string>> = { m: 'er', f: 'e', n: 'es' };

/**
 * A form in words: `c+2t` → "ein blauer Kreis und zwei gelbe Dreiecke".
 *
 * @param code - letters with counts, "@" and a colour letter for a colour that holds for all parts
 * @param coloured - false when the text already gave the thing a colour
 */
export function describeForm(code: string, language: FormLanguage, coloured: boolean): string {
  const [parts = '', own] = code.split('@');
  const described = parts.split('+').map((part) => {
    const letter = part.at(-1) ?? '';
    const form = FORMS[letter];
    if (form === undefined) throw new RangeError(`Expected a letter of a form, got "${part}" in "${code}".`);
    const count = part.length > 1 ? Number(part.slice(0, -1)) : 1;
    const colour = coloured ? (toColourLetter(own) ?? form.colour) : undefined;
    return language === 'de' ? inGerman(form, count, colour) : inEnglish(form, count, colour);
  });
  return joinList(described, language === 'de' ? 'und' : 'and');
}

/** "a, b und c" */
export function joinList(items: readonly string[], and: string): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${and} ${last}`;
}

function inGerman(form: ElementaryForm, count: number, colour: ColourLetter | undefined): string {
  const stems = [form.deAdjective, colour === undefined ? undefined : COLOURS[colour].de];
  const ending = count > 1 ? 'e' : DE_ENDINGS[form.gender];
  const adjectives = stems.flatMap((stem) => (stem === undefined ? [] : [stem + ending]));
  const counted = count > 1 ? (DE_COUNTS[count] ?? String(count)) : form.gender === 'f' ? 'eine' : 'ein';
  return [counted, ...adjectives, count > 1 ? form.dePlural : form.de].join(' ');
}

function inEnglish(form: ElementaryForm, count: number, colour: ColourLetter | undefined): string {
  const words = [...(colour === undefined ? [] : [COLOURS[colour].en]), count > 1 ? form.enPlural : form.en];
  const first = words[0] ?? '';
  const counted = count > 1 ? (EN_COUNTS[count] ?? String(count)) : /^[aeiou]/u.test(first) ? 'an' : 'a';
  return [counted, ...words].join(' ');
}

function toColourLetter(letter: string | undefined): ColourLetter | undefined {
  return letter !== undefined && isColourLetter(letter) ? letter : undefined;
}

function isColourLetter(letter: string): letter is ColourLetter {
  return Object.hasOwn(COLOURS, letter);
}

/** The form of a name that no lexicon knows, by its sound: i and e are pointed, o and u round, a is square. */
export function formBySound(word: string): string {
  const scores = { t: 0, c: 0, q: 0 };
  for (const sign of word.toLowerCase().slice(0, 100)) {
    if ('eiyéè'.includes(sign)) scores.t += 1;
    else if ('ouöü'.includes(sign)) scores.c += 1;
    else if ('aäàá'.includes(sign)) scores.q += 1;
  }
  if (scores.c >= scores.t && scores.c >= scores.q && scores.c > 0) return 'c';
  return scores.t >= scores.q ? 't' : 'q';
}
