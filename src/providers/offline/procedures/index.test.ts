import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { englishNouns, germanNouns } from './lexicon.ts';
import { applyProcedure, PROCEDURES } from './index.ts';

const ids = Object.keys(PROCEDURES);

/** Any unicode, mixed with words that the lexicons know. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        'Katze',
        'auf',
        'dem',
        'rotes',
        'Haus',
        'the',
        'cat',
        "dog's",
        'a',
        'an',
        'zwei',
        '.',
        '!',
        'ein',
        'Elefanten',
        'ist',
        'blau',
        '猫',
        '😀',
        'x',
      ),
      { maxLength: 40 },
    )
    .map((words) => words.join(' ')),
);
const languages = fc.constantFrom('de', 'en', 'de-AT', 'fr', 'th', 'und', '', '\u0000');

const inputs = fc.record({ text: texts, language: languages, seed: fc.nat(), hand: fc.integer({ min: 1, max: 9 }) });

describe.each(ids)('the procedure %s', (id) => {
  test('takes any text and gives the same result for the same seed, never blank, never far longer', () => {
    fc.assert(
      fc.property(inputs, ({ text, language, seed, hand }) => {
        const once = applyProcedure(id, { text, language, random: createRandom(seed), hand });
        const again = applyProcedure(id, { text, language, random: createRandom(seed), hand });
        expect(again).toEqual(once);
        expect(once.text.length).toBeLessThanOrEqual(4 * text.length + 200);
        expect(once.text.trim() === '').toBe(text.trim() === '');
      }),
      { numRuns: 300 },
    );
  });

  // what grows with the square of a text would not come to its end within the time a test has
  test('rewrites 100,000 characters', () => {
    const text = 'Die Katze träumt vom alten Leuchtturm, während der Kapitän die Lampe putzt. '
      .repeat(1400)
      .slice(0, 100_000);
    const result = applyProcedure(id, { text, language: 'de', random: createRandom(1), hand: 5 });
    expect(result.text).not.toBe('');
  });

  test('names its literary source and a version', () => {
    expect(PROCEDURES[id]?.source).toMatch(/^[A-Z].{30,}\.$/);
    expect(PROCEDURES[id]?.version).toBeGreaterThan(0);
  });
});

test('the record names procedure and version', () => {
  const { model } = applyProcedure('reduce-to-form', { text: 'Ein Haus', language: 'de', random: createRandom(1) });
  expect(model).toBe('procedure/reduce-to-form@2');
});

test('a language that the procedure does not know goes to cut-up, and the facts say so', () => {
  const result = applyProcedure('telephone', { text: 'Le chat dort', language: 'fr', random: createRandom(1) });
  expect(result.model).toBe('procedure/cut-up@1');
  expect(result.facts).toMatchObject({ fallback: 'cut-up', asked: 'telephone', language: 'fr' });
});

test('a region does not hide the language', () => {
  const result = applyProcedure('telephone', { text: 'Eine Katze', language: 'de-CH', random: createRandom(1) });
  expect(result.model).toBe('procedure/telephone@1');
});

test.each(['cutup', 'toString', '__proto__'])(
  'an unknown procedure (%s) is refused with the names of the known ones',
  (id) => {
    const apply = () => applyProcedure(id, { text: 'a', language: 'de', random: createRandom(1) });
    expect(apply).toThrow(RangeError);
    expect(apply).toThrow(/cut-up, reduce-to-form, telephone, unchanged/);
  },
);

test('unchanged hands the text on as it came', () => {
  const result = applyProcedure('unchanged', { text: ' Öl  &\n', language: 'de', random: createRandom(1) });
  expect(result.text).toBe(' Öl  &\n');
  expect(result.facts).toEqual({ unchanged: true });
});

test('each lexicon names at least three hundred things, none twice', () => {
  for (const nouns of [germanNouns(), englishNouns()]) {
    expect(nouns.length).toBeGreaterThan(300);
    const words = nouns.filter((noun) => noun.kind !== 'kept').map((noun) => noun.word);
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  }
});
