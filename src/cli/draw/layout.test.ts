import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean, cleanAll } from './clean.ts';
import { cut, cutStart, padStart, widthOf, wrap } from './layout.ts';

describe('the width of a text', () => {
  it.each([
    ['Grün', 4],
    ['e\u0301', 1],
    ['灯台', 4],
    ['한국', 4],
    ['👩‍👧', 2],
    ['🇩🇪', 2],
    ['', 0],
  ])('of %s is %i columns', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('cutting', () => {
  it('leaves what fits as it is, and otherwise ends in an ellipsis within the width', () => {
    expect(cut('Leuchtturm', 10)).toBe('Leuchtturm');
    expect(cut('Leuchtturm', 6)).toBe('Leuch…');
    expect(cut('灯台が夢を見る', 6)).toBe('灯台…');
    expect(cut('Leuchtturm', 6, '...')).toBe('Leu...');
  });

  it('of the start keeps the end', () => {
    expect(cutStart('/data/runs/image.png', 10)).toBe('…image.png');
  });
});

describe('wrapping', () => {
  it('breaks at spaces and line ends, and a word that is too long between two signs', () => {
    expect(wrap('der alte Turm\nam Meer', 9)).toEqual(['der alte', 'Turm', 'am Meer']);
    expect(wrap('Leuchtturmwärter', 6)).toEqual(['Leucht', 'turmwä', 'rter']);
    expect(wrap('灯台が夢', 5)).toEqual(['灯台', 'が夢']);
  });

  it('never goes over the width and loses no letter', () => {
    const words = fc.array(fc.stringMatching(/^[a-zäöü]{1,12}$/u), { maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(list.join(''));
      }),
    );
  });
});

describe('cleaning', () => {
  it('shows steering signs as pictures and keeps lines, tabs and emoji', () => {
    expect(clean('a\u001B[31mb\r\nc\td\u007F')).toBe('a␛[31mb\nc  d␡');
    expect(clean('\u202Eabc\u2066 \u0085 👩‍👧')).toBe('\u{FFFD}abc\u{FFFD} \u{FFFD} 👩‍👧');
  });

  it('reaches every text in plain data', () => {
    expect(cleanAll({ list: ['\u0007'], deep: { text: '\u001B' }, number: 1, none: null })).toEqual({
      list: ['␇'],
      deep: { text: '␛' },
      number: 1,
      none: null,
    });
  });
});

it('numbers stand at the right', () => {
  expect(padStart('7', 3)).toBe('  7');
});
