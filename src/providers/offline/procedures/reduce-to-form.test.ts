import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import type { ProcedureResult } from './procedure.ts';
import { reduceToForm } from './reduce-to-form.ts';
import { describeForm, formBySound } from './form-letters.ts';
import { englishNouns, germanNouns } from './lexicon.ts';

function reduce(text: string, language = 'de', seed = 7): ProcedureResult {
  return reduceToForm.apply({ text, language, random: createRandom(seed) });
}

/** All lines but the last, which is about the picture as a whole. */
function things(text: string, language = 'de'): string[] {
  return reduce(text, language).text.split('\n').slice(0, -1);
}

test.each([
  [
    'Eine Katze sitzt auf dem Dach und träumt vom Meer',
    [
      'Katze: ein blauer Kreis und zwei gelbe Dreiecke.',
      'Auf dem Dach: ein gelbes Dreieck.',
      'Meer: drei blaue Wellenlinien.',
    ],
  ],
  [
    'Mein Opa repariert ein altes Fahrrad im Regen',
    [
      'Opa: ein blauer Kreis und ein Rechteck.',
      'Fahrrad, alt: zwei Ringe und drei Linien.',
      'Im Regen: sieben schräge blaue Linien.',
    ],
  ],
  [
    'Meine Schwester tanzt mit einem Elefanten',
    [
      'Schwester: ein blauer Kreis und eine senkrechte Linie.',
      'Elefant: ein graues Oval, ein grauer Bogen und vier graue Rechtecke.',
    ],
  ],
  [
    'Drei rote Blumen hinter dem Haus aus Stein',
    [
      'Drei Blumen, rot: je ein Kreis und eine senkrechte Linie.',
      'Hinter dem Haus, aus Stein: ein rotes Quadrat und ein gelbes Dreieck.',
    ],
  ],
  [
    'Das Haus ist grün und die Katze ist himmelblau.',
    ['Haus, grün: ein Quadrat und ein Dreieck.', 'Katze, himmelblau: ein Kreis und zwei Dreiecke.'],
  ],
  [
    'eine katze sitzt auf dem dach',
    ['Katze: ein blauer Kreis und zwei gelbe Dreiecke.', 'Auf dem Dach: ein gelbes Dreieck.'],
  ],
  ['Ein Apfelbaum träumt von Angst und Freiheit', ['Apfelbaum: ein grüner Kreis und eine senkrechte grüne Linie.']],
  ['Die Sternwarte schläft', ['Sternwarte: ein gelbes Dreieck.']],
  ['Ein roter Kreis', ['Kreis, rot.']],
  [
    'Anna baut aus Pappe eine Rakete',
    ['Anna: ein rotes Quadrat.', 'Rakete, aus Pappe: ein Rechteck und ein gelbes Dreieck.'],
  ],
  [
    'Ein Haus mit zwei Fenstern',
    ['Haus: ein rotes Quadrat und ein gelbes Dreieck.', 'Zwei Fenster: je ein rotes Quadrat und ein Kreuz.'],
  ],
  ['Links auf dem hohen Berg', ['Auf dem Berg, links, hoch: ein gelbes Dreieck.']],
])('of "%s" the things are left, with their forms', (text, expected) => {
  expect(things(text)).toEqual(expected);
});

test.each([
  [
    'The old lighthouse tells a young gull about the storm',
    ['Old lighthouse: a trapezium and a yellow triangle.', 'Young gull: two white arcs.', 'Storm: a spiral.'],
  ],
  [
    "My grandmother's kitchen smells of oranges",
    [
      'Grandmother: a blue circle and a rectangle.',
      'Kitchen: a red square and two blue circles.',
      'Oranges: each an orange circle.',
    ],
  ],
  [
    'Three red flowers behind the house of stone',
    [
      'Three red flowers: each a circle and a vertical line.',
      'Behind the house, of stone: a red square and a yellow triangle.',
    ],
  ],
  [
    'The house is green and the cat is blue.',
    ['House, green: a square and a triangle.', 'Cat, blue: a circle and two triangles.'],
  ],
  ['Draw me a sheep', ['Sheep: three blue circles and four vertical lines.']],
  [
    'A dragon flies and breathes fire',
    ['Dragon: a wavy line and five yellow triangles.', 'Fire: three orange triangles.'],
  ],
  [
    'The juggler builds a rocket out of cardboard',
    ['Juggler: a blue circle.', 'Rocket, of cardboard: a rectangle and a yellow triangle.'],
  ],
  ['I dream of the sea', ['Sea: three blue wavy lines.']],
  ['She paints an ancient observatory', ['Ancient observatory: a blue circle.']],
])('of "%s" the English things are left, with their forms', (text, expected) => {
  expect(things(text, 'en')).toEqual(expected);
});

test('another seed lays the same things out in another way', () => {
  const texts = Array.from({ length: 20 }, (_, seed) => reduce('Eine Katze', 'de', seed).text);
  expect(new Set(texts).size).toBeGreaterThan(8);
  for (const text of texts) expect(text).toMatch(/^Katze: /);
});

test('where nothing can be seen the rhythm of the words is left, and the facts say so', () => {
  const german = reduce('Freiheit ist schwer');
  expect(german.facts).toEqual({ kept: 0 });
  expect(german.text).toContain('Es bleiben: eine Fläche, ein Punkt und eine Linie.');
  expect(reduce('Freedom is heavy', 'en').text).toContain('What remains: a plane, a point and a line.');
});

test('a thing named twice is drawn once, and what is said later is added', () => {
  expect(things('Ein Haus. Das Haus ist rot. Das Haus ist groß.')).toEqual([
    'Haus, rot, groß: ein Quadrat und ein Dreieck.',
  ]);
});

test('of many things the first sixteen are drawn and the others counted', () => {
  const names = germanNouns()
    .slice(0, 40)
    .map((noun) => noun.word);
  const { text, facts } = reduce(names.join(', '));
  expect(facts).toMatchObject({ kept: 16, leftOut: 24 });
  for (const name of names.slice(0, 16)) expect(text).toContain(name);
});

test('every form of both lexicons can be said in words', () => {
  for (const noun of germanNouns())
    expect(describeForm(noun.form, 'de', true)).toMatch(/^(ein|zw|dr|vi|fü|se|si|ac|ne)/);
  for (const noun of englishNouns())
    expect(describeForm(noun.form, 'en', true)).toMatch(/^(an? |two|three|four|five|six|sev|eig|nin)/);
});

test('a name that nobody knows has the form of its sound', () => {
  expect([formBySound('Kiki'), formBySound('Bubo'), formBySound('Bantam')]).toEqual(['t', 'c', 'q']);
});

test('a form with an unknown letter is refused', () => {
  expect(() => describeForm('2?', 'de', true)).toThrow(RangeError);
});

const GERMAN_TEXTS = [
  'Eine Katze sitzt auf dem Dach und träumt vom Meer',
  'Drei rote Blumen hinter dem Haus aus Stein',
  'Ein Haus mit zwei Fenstern',
  'Ein roter Kreis',
  'Links auf dem hohen Berg',
  'Freiheit ist schwer',
  '!?',
  'Katze, Hund, Haus, Baum, Berg, Meer, Fisch, Vogel, Boot, Stern, Mond, Sonne, Tisch, Stuhl, Lampe, Tür, Fenster, Ball',
];
const ENGLISH_TEXTS = [
  'The old lighthouse tells a young gull about the storm',
  "My grandmother's kitchen smells of oranges",
  'Three red flowers behind the house of stone',
  'The juggler builds a rocket out of cardboard',
  'Freedom is heavy',
];

test.each([
  ...GERMAN_TEXTS.map((text) => [text, 'de'] as const),
  ...ENGLISH_TEXTS.map((text) => [text, 'en'] as const),
])(
  'what is left of "%s" (%s) stays as it is, whatever the seed and the language of the next round',
  (text, language) => {
    for (let seed = 0; seed < 40; seed += 1) {
      const once = reduce(text, language, seed).text;
      for (const next of [seed, seed + 1]) {
        expect(reduce(once, language, next).text).toBe(once);
        expect(reduce(once, language === 'de' ? 'en' : 'de', next).text).toBe(once);
      }
    }
  },
);

test('any text is reduced once: twice equals once', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.nat(),
      fc.constantFrom('de', 'en'),
      (text, seed, language) => {
        const once = reduce(text, language, seed);
        const twice = reduce(once.text, language, seed + 1);
        expect(twice.text).toBe(once.text);
        expect(twice.facts['kept']).toBe(once.facts['kept']);
      },
    ),
  );
});
