import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOTIF_WORDS } from './lexicon.data.ts';
import { compose, STYLES, type CompositionRequest } from './compose.ts';

const request = (changes: Partial<CompositionRequest> = {}): CompositionRequest => ({
  text: 'Eine Katze sitzt auf dem Dach und träumt vom Meer',
  style: 'bauhaus',
  seed: 7,
  width: 640,
  height: 640,
  ...changes,
});

const HOSTILE: Readonly<Record<string, string>> = {
  markup: `<script>alert("x")</script> & ' ]]> <!-- <![CDATA[ &amp; &#0; url(#axis) %s`,
  'control characters': `\u0000\u0001\u0008\u000b\u001fKatze\u007f\u0085\ufffe\uffff`,
  'halves of characters': '\ud800 Katze \udc00 \ud83d',
  emoji: '🐈‍⬛🌙 👩🏽‍🚀 🇩🇪',
  'marks on marks': `Katze a${'\u0301'.repeat(300)}`,
  'other scripts': '猫が屋根の上 قطة تحلم بالبحر चाँद',
  nothing: '',
  'spaces only': ' \n\t\u00a0 ',
  'one sign': '?',
  'names of object members': 'constructor __proto__ toString hasOwnProperty valueOf',
  'a very long word': 'x'.repeat(20_000),
  'five thousand words': Array.from({ length: 5000 }, (_, at) => `Wort${at} Katze, sieben Möwen`).join(' '),
};

/** Checks nesting, quoting and entities of what `compose` may write: elements, attributes and text, nothing else. */
function assertWellFormed(svg: string): void {
  // eslint-disable-next-line no-control-regex -- these are what XML 1.0 forbids
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(svg.isWellFormed()).toBe(true);
  const open: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-zA-Z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g,
    (_, ...[close = '', name = '', attributes = '', empty = '']: string[]) => {
      if (close === '' && empty === '') open.push(name);
      expect(close === '' ? name : open.pop()).toBe(name);
      expect(attributes).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
}

describe.each(STYLES.map((style) => ({ style })))('in the style $style', ({ style }) => {
  test('the same request gives the same picture', () => {
    expect(compose(request({ style }))).toBe(compose(request({ style })));
  });

  test('another seed, another text and one other letter give other pictures', () => {
    const pictures = [
      request({ style }),
      request({ style, seed: 8 }),
      request({ style, seed: 2 ** 53 - 1 }),
      request({ style, text: 'justice is slow' }),
      request({ style, text: 'justice is slaw' }),
    ].map(compose);
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  test.each(Object.keys(HOSTILE))('a text of %s gives well-formed SVG of moderate size', (name) => {
    const svg = compose(request({ style, text: HOSTILE[name] ?? '' }));
    assertWellFormed(svg);
    expect(svg).not.toMatch(/<script|NaN|undefined|Infinity/);
    expect(svg.length).toBeLessThan(400_000);
    expect(svg.match(/<(?:path|circle|ellipse|rect)/g)?.length).toBeGreaterThan(15);
  });

  test('any text at any size gives well-formed SVG', () => {
    const side = integer({ min: 16, max: 2048 });
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), side, side, (text, width, height) => {
        const svg = compose(request({ style, text, width, height }));
        assertWellFormed(svg);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    [256, 256],
    [2048, 2048],
    [2048, 1152],
    [768, 2048],
    [2048, 256],
  ])('a picture of %i × %i says so and stays moderate', (width, height) => {
    const text = 'Zwölf Fische, zwölf Vögel, zwölf Boote und zwölf Sterne im Sturm über der Stadt';
    const svg = compose(request({ style, text, width, height }));
    expect(svg).toContain(`width="${width}" height="${height}"`);
    expect(svg.length).toBeLessThan(400_000);
  });

  test('every motif can be drawn, alone, in numbers, and with a companion', () => {
    for (const words of Object.values(MOTIF_WORDS)) {
      const [word = ''] = words.split(' ').slice(-1);
      const thing = word.charAt(0).toUpperCase() + word.slice(1);
      for (const text of [thing, `5 ${thing} in the snow`, `A cat with a red ${thing}`, `Sad ${thing} on a table`]) {
        const svg = compose(request({ style, text }));
        assertWellFormed(svg);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      }
    }
  });

  test('only the bundled family is named, and nothing outside the picture is linked', () => {
    const svg = compose(request({ style }));
    for (const [, family] of svg.matchAll(/font-family="([^"]*)"/g)) expect(family).toBe('Noto Sans');
    expect(svg).not.toMatch(/href|<image|<style|url\((?!#)/);
  });
});

test('the styles draw the same text in different ways', () => {
  expect(new Set(STYLES.map((style) => compose(request({ style })))).size).toBe(STYLES.length);
  expect(STYLES).toEqual(['bauhaus', 'dada', 'expressionism']);
});

test('pictures of the same proportions differ in nothing but their size', () => {
  const [small, large] = [256, 2048].map((side) =>
    compose(request({ width: side, height: side })).replace(`width="${side}" height="${side}"`, ''),
  );
  expect(small).toBe(large);
});

test('words of the text are printed in dada, escaped', () => {
  const svg = compose(request({ style: 'dada', text: `Rosa's Katze & <Dach>` }));
  expect(svg).toMatch(/Rosa&#39;s|ROSA&#39;S|rosa&#39;s/i);
  expect(svg).toMatch(/>katze</i);
});

test.each(['rococo', 'constructor', '__proto__', ''])(
  'the unknown style "%s" is refused with the names of the known ones',
  (style) => {
    expect(() => compose(request({ style }))).toThrow(RangeError);
    expect(() => compose(request({ style }))).toThrow('bauhaus, dada, expressionism');
  },
);

test.each([0, 15, 4097, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a side of %d pixels is refused', (side) => {
  expect(() => compose(request({ width: side }))).toThrow(/width is .*16 to 4096/);
  expect(() => compose(request({ height: side }))).toThrow(/height is/);
});
