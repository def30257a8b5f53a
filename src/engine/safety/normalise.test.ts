import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise, termForms, wordSpans } from './normalise.ts';
import { viewText, type View } from './view.ts';

function joined(text: string): string | null {
  const view = normalise(text).joined;
  return view === null ? null : viewText(view.plain);
}

describe('the plain view', () => {
  it.each([
    ['case and diacritics', 'ÉCOLE, Ärger & Straße', 'ecole arger strasse'],
    ['decomposed letters', 'A\u0308rger', 'arger'],
    ['invisible characters', 'sch\u00ADu\u200Bl\u2060e\uFEFF', 'schule'],
    ['full-width and mathematical letters', 'Ｓｃｈ𝓾𝕝𝐞', 'schule'],
    ['Cyrillic and Greek look-alikes', 'Ѕсhυlе', 'schule'],
    ['letters in circles and squares', '🅢🅒🅗🅤🅛🅔 🆂', 'schule s'],
    ['ligatures', 'ﬁn', 'fin'],
    ['gaps', 'a  -- b\n\nc!', 'a b c '],
    ['other scripts', '猫 と 犬', '猫 と 犬'],
    ['lone surrogates', 'a\uD800b', 'a b'],
    ['nothing', '', ''],
  ])('folds %s', (_what, text, plain) => {
    expect(viewText(normalise(text).plain)).toBe(plain);
  });
});

describe('the light view', () => {
  it('keeps case and punctuation', () => {
    expect(viewText(normalise('Max\u200B@Ｗeb.de!').light)).toBe('Max@Web.de!');
  });
});

describe('the folded view', () => {
  it.each([
    ['leetspeak', 'Sch4u3l3', 'schaueie'],
    ['signs for letters', '$chu|e a$$', 'schuie as'],
    ['repeated letters', 'Schuuuulllle', 'schuie'],
    ['i and l as one', 'Lilli', 'iiii'],
    ['numbers stay', '1488 und 88', '1488 und 88'],
    ['a number after a word stays', 'haus88', 'haus88'],
    ['an exclamation mark at the end is none', 'Haus!', 'haus '],
  ])('reads %s', (_what, text, folded) => {
    expect(viewText(normalise(text).folded)).toBe(folded);
  });
});

describe('the joined view', () => {
  it.each([
    ['ein h a u s hier', 'ein haus hier'],
    ['h a u s  t ü r', 'haus tur'],
    ['h.a.u.s', 'haus'],
    ['Haus-tür', 'haustur'],
    ['1 2 3 4', null],
    ['a b', null],
    ['zwei Worte', null],
    ["who're", null],
  ])('%s', (text, expected) => {
    expect(joined(text)).toBe(expected);
  });
});

describe('the views of disguise', () => {
  it('show words without gaps', () => {
    const { fused } = normalise('Ra be, fliegt');
    expect(fused === null ? null : viewText(fused.plain)).toBe('rabefliegt');
    expect(normalise('Rabe').fused).toBeNull();
  });

  it('show stars inside words only', () => {
    const { starred } = normalise('R*be * a* **b r**e');
    expect(starred === null ? null : viewText(starred)).toBe('r*be a b r**e');
    expect(normalise('2 * 3').starred).toBeNull();
  });

  it('show what a turned direction of writing shows', () => {
    const { turned } = normalise('ein \u202EebaR\u202C und \u202Etiew');
    expect(turned === null ? null : viewText(turned.plain)).toBe('ein rabe und weit');
    expect(normalise('Rabe').turned).toBeNull();
  });

  it('read regional indicators as letters, two of them as a flag', () => {
    expect(viewText(normalise('🇷🇦🇧🇪').plain)).toBe('rabe');
    expect(viewText(normalise('a🇩🇪b').plain)).toBe('a b');
  });
});

describe('offsets', () => {
  const shape = (view: View): boolean =>
    view.starts.every((start, at) => start < (view.ends[at] ?? 0) && start >= (view.starts[at - 1] ?? 0));

  it('name the stretch of the original that a unit stands for', () => {
    const { plain } = normalise('x ﬁ\u200Bé');
    expect(Array.from(plain.starts)).toEqual([0, 1, 2, 2, 4]);
    expect(Array.from(plain.ends)).toEqual([1, 2, 3, 3, 5]);
  });

  it('grow and stay inside the text for every string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { light, plain, folded } = normalise(text);
        for (const view of [light, plain, folded]) {
          expect(shape(view)).toBe(true);
          expect(view.ends.every((end) => end <= text.length)).toBe(true);
        }
      }),
    );
  });

  it('of words are found in the plain view', () => {
    expect(wordSpans(normalise('  Ein Haus!').plain)).toEqual({ starts: [2, 6], ends: [5, 10] });
  });
});

describe('the forms of a term', () => {
  it('have umlauts both ways and words in one', () => {
    expect(termForms('Grüße an').map((form) => form.plain)).toEqual([
      'grusse an',
      'grussean',
      'gruesse an',
      'gruessean',
    ]);
  });

  it('have no folded form without letters', () => {
    expect(termForms('8 8')).toEqual([{ plain: '8 8', folded: '', umlaut: false }]);
  });

  it('are none for punctuation', () => {
    expect(termForms('!?')).toEqual([]);
  });
});
