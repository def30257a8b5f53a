import { pick, type RandomSource } from '../../../core/random.ts';
import { describeForm, joinList, type FormLanguage } from './form-letters.ts';
import { primaryLanguage, type Procedure, type ProcedureInput, type ProcedureResult } from './procedure.ts';
import { thingsInEnglish } from './things-en.ts';
import { thingsInGerman } from './things-de.ts';
import type { Thing } from './thing.ts';
import { capitalise, toPieces, toSigns } from './words.ts';

const MAX_THINGS = 16;
const MAX_BEATS = 12;

const LAYOUTS: Readonly<Record<FormLanguage, readonly [string, ...string[]]>> = {
  de: [
    'Alles ruht auf einer waagerechten Linie.',
    'Das Große unten links, das Kleine oben rechts.',
    'Alles strebt schräg nach rechts oben.',
    'In der Mitte bleibt es leer.',
    'Die Formen berühren sich, ohne sich zu decken.',
    'Eines überdeckt das andere.',
    'Links schwer, rechts leicht.',
    'Dazwischen bleibt viel Leere.',
  ],
  en: [
    'Everything rests on one horizontal line.',
    'The large at the bottom left, the small at the top right.',
    'Everything climbs to the top right.',
    'The middle stays empty.',
    'The shapes touch and never overlap.',
    'One overlaps the other.',
    'Heavy on the left, light on the right.',
    'Much emptiness stays in between.',
  ],
};

const GROUNDS: Readonly<Record<FormLanguage, readonly [string, ...string[]]>> = {
  de: ['Weißer Grund.', 'Schwarzer Grund.', 'Hellgrauer Grund.', 'Sandfarbener Grund.', 'Gelber Grund.'],
  en: ['White ground.', 'Black ground.', 'Light grey ground.', 'Sand-coloured ground.', 'Yellow ground.'],
};

function layoutIn(random: RandomSource, language: FormLanguage): string {
  return `${pick(random, GROUNDS[language])} ${pick(random, LAYOUTS[language])}`;
}

const WORDS = {
  de: { and: 'und', each: 'je ', nothing: 'Kein Ding ist zu sehen. Es bleiben:' },
  en: { and: 'and', each: 'each ', nothing: 'Nothing here can be seen. What remains:' },
} as const;

/** The ends of all texts that this procedure writes. */
const ENDINGS: ReadonlySet<string> = new Set(
  (['de', 'en'] as const).flatMap((language) =>
    GROUNDS[language].flatMap((ground) => LAYOUTS[language].map((layout) => `${ground} ${layout}`)),
  ),
);

/**
 * How many things a text of this procedure names; undefined for any other text. Read once more, the forms themselves
 * would count as things, and the text would grow with every round.
 */
function ownLines(text: string): number | undefined {
  const lines = text.trim().split(/\r?\n/u);
  const [first = ''] = lines;
  if (Object.values(WORDS).some(({ nothing }) => first.startsWith(nothing))) return 0;
  const isOwn = lines.length > 1 && ENDINGS.has(lines.at(-1) ?? '');
  return isOwn && lines.slice(0, -1).every((line) => line.endsWith('.')) ? lines.length - 1 : undefined;
}

/**
 * Keeps things, shapes, colours, materials and places, and says of which elementary forms they are made.
 * A text that it has written itself stays as it is.
 */
export const reduceToForm: Procedure = {
  id: 'reduce-to-form',
  version: 2,
  source:
    "The preliminary course of the Bauhaus (from 1919), with Wassily Kandinsky's pairs of 1923: yellow triangle, red square, blue circle.",
  languages: ['de', 'en'],
  apply(input) {
    if (input.text.trim() === '') return { text: input.text, facts: { kept: 0 } };
    const again = ownLines(input.text);
    if (again !== undefined) return { text: input.text, facts: { kept: again, again: true } };
    const language: FormLanguage = primaryLanguage(input.language) === 'en' ? 'en' : 'de';
    const found = language === 'de' ? thingsInGerman(input.text) : thingsInEnglish(input.text);
    return found.length === 0 ? pointLinePlane(input, language) : build(input, language, found);
  },
};

function build(input: ProcedureInput, language: FormLanguage, found: readonly Thing[]): ProcedureResult {
  const things = found.slice(0, MAX_THINGS);
  const layout = layoutIn(input.random, language);
  let budget = 4 * input.text.length + 200 - layout.length;
  const lines = things.map((thing) => {
    const short = `${capitalise(heading(thing))}.`;
    const form = formOf(thing, language);
    const full = saysItself(thing, form) ? short : `${capitalise(heading(thing))}: ${form}.`;
    // The names of the things that follow need room too; they're never longer than the text itself.
    const line = budget - full.length - 1 > 2 * input.text.length ? full : short;
    budget -= line.length + 1;
    return line;
  });
  return {
    text: [...lines, layout].join('\n'),
    facts: {
      kept: things.length,
      leftOut: found.length - things.length,
      formsBySound: things.filter((thing) => thing.bySound).length,
    },
  };
}

/** A circle needs no "a circle" behind it. */
function saysItself(thing: Thing, form: string): boolean {
  return form.toLowerCase().endsWith(` ${thing.name.toLowerCase().split(' ').at(-1) ?? ''}`);
}

function heading(thing: Thing): string {
  return [[thing.lead, thing.name].filter((part) => part !== '').join(' '), ...thing.after].join(', ');
}

function formOf(thing: Thing, language: FormLanguage): string {
  return (thing.many ? WORDS[language].each : '') + describeForm(thing.form, language, !thing.coloured);
}

/** No thing in the text: its rhythm is left. Short words are points, longer ones lines, long ones planes. */
function pointLinePlane(input: ProcedureInput, language: FormLanguage): ProcedureResult {
  const words = toPieces(input.text, language).filter((piece) => piece.isWord);
  const lengths = words.length > 0 ? words.map((word) => word.text.length) : toSigns(input.text).map(() => 1);
  const letters = lengths.slice(0, MAX_BEATS).map((length) => (length <= 3 ? 'p' : length <= 6 ? 'l' : 'a'));
  const rhythm = inRuns(letters).map((part) => describeForm(part, language, false));
  const { nothing, and } = WORDS[language];
  return { text: sentence(input.random, `${nothing} ${joinList(rhythm, and)}.`, language), facts: { kept: 0 } };
}

function sentence(random: RandomSource, text: string, language: FormLanguage): string {
  const room = 200 - text.length;
  const layout = layoutIn(random, language);
  return layout.length < room ? `${text}\n${layout}` : text;
}

/** `p p l` → `2p l` */
function inRuns(letters: readonly string[]): string[] {
  const runs: { letter: string; count: number }[] = [];
  for (const letter of letters) {
    const last = runs.at(-1);
    if (last?.letter === letter) last.count += 1;
    else runs.push({ letter, count: 1 });
  }
  return runs.map(({ letter, count }) => (count > 1 ? `${count}${letter}` : letter));
}
