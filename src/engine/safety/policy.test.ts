import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { LIST_CHECKS } from './policy-schema.ts';
import { compilePolicy } from './policy.ts';

const studio = new URL('../../packs/studio/', import.meta.url);

function readYaml(path: string): unknown {
  return parse(readFileSync(new URL(path, studio), 'utf8'));
}

function file(list: object, more: object = {}): unknown {
  const source = 'made up for this test';
  const base = { id: 'words', check: 'age', class: 'context', languages: ['en'], source };
  return { id: 'test', version: '1', jurisdiction: 'any', lists: [{ ...base, ...list }], ...more };
}

function found(list: object, text: string, more: object = {}): readonly string[] {
  return compilePolicy([file(list, more)])
    .find(text)
    .map((finding) => finding.found);
}

describe('surroundings', () => {
  it('a required word has to be near', () => {
    const list = { terms: ['raven'], requires: ['storm*'], window: 2 };
    expect(found(list, 'a raven in stormy weather')).toEqual(['raven']);
    expect(found(list, 'a raven in the late storm')).toEqual([]);
    expect(found(list, 'a raven')).toEqual([]);
  });

  it('a clearing word clears only when it is written plainly', () => {
    const list = { terms: ['raven'], unless: ['museum'] };
    expect(found(list, 'a raven in the museum')).toEqual([]);
    expect(found(list, 'a raven in the m u s e u m')).toEqual(['raven']);
    expect(found(list, 'a raven in the mu5eum')).toEqual(['raven']);
  });

  it('a word of `despite` takes the clearing away', () => {
    const list = { terms: ['raven'], unless: ['museum'], despite: ['hero'] };
    expect(found(list, 'the raven, hero of the museum')).toEqual(['raven']);
  });

  it('a word of `despite` works only close by, unless the policy says otherwise', () => {
    const list = { terms: ['raven'], unless: ['museum'], despite: ['hero'] };
    expect(found(list, 'the hero left and the tired raven saw the museum')).toEqual([]);
    expect(found({ ...list, despiteWindow: 8 }, 'the hero left and the tired raven saw the museum')).toEqual(['raven']);
  });

  it('a required word may have a window of its own', () => {
    const list = { terms: ['raven'], requires: ['storm'], requiresWindow: 2, unless: ['museum'], window: 9 };
    expect(found(list, 'a raven in a storm')).toEqual([]);
    expect(found(list, 'a raven, a storm')).toEqual(['raven']);
    expect(found(list, 'a raven, a storm, a long way to the museum')).toEqual([]);
  });

  it('a word that clears beside the term clears nowhere else', () => {
    const list = { terms: ['raven'], unlessBeside: ['clock'] };
    expect(found(list, 'a raven clock')).toEqual([]);
    expect(found(list, 'a raven, the clock')).toEqual(['raven']);
  });

  it('a longer phrase around the term clears it, but does not call for it', () => {
    expect(found({ terms: ['raven'], unless: ['against raven*'] }, 'all against ravens and against raven')).toEqual([]);
    expect(found({ terms: ['raven'], requires: ['big raven'] }, 'a big raven')).toEqual([]);
  });

  it('a word after ^ counts only where a sentence begins', () => {
    const list = { terms: ['raven'], unless: ['^why'] };
    expect(found(list, 'Why a raven?')).toEqual([]);
    expect(found(list, 'It flies. "Why, raven?"')).toEqual([]);
    expect(found(list, 'a raven, why not')).toEqual(['raven']);
  });

  it('a word inside the term itself does not count', () => {
    expect(found({ terms: ['raven storm'], requires: ['storm'] }, 'raven storm')).toEqual([]);
  });

  it('exceptions cover the whole phrase', () => {
    const list = { terms: [{ term: 'raven', except: ['raven clock*'] }] };
    expect(found(list, 'raven clocks and a raven')).toEqual(['raven']);
  });

  it('groups of words are shared by name, and a term replaces what its list says', () => {
    const words = { calm: ['quiet', 'still'] };
    const list = { unless: ['@calm'], terms: ['raven', { term: 'crow', unless: ['loud'] }] };
    expect(found(list, 'still raven, still crow', { words })).toEqual(['crow']);
  });

  it('a term shown by several views is found once', () => {
    expect(found({ terms: ['raven'] }, 'ra-ven raven r a v e n r4ven')).toEqual([
      'ra-ven',
      'raven',
      'r a v e n',
      'r4ven',
    ]);
  });
});

describe('a policy file that does not fit', () => {
  it.each([
    ['no object', 7, 'Safety policy number 1'],
    ['an unknown key', file({ terms: ['a'], colour: 'red' }), 'Safety policy "test"'],
    ['an empty list', file({}), 'needs terms or patterns'],
    ['an unknown check', file({ terms: ['a'], check: 'taste' }), 'lists[0].check'],
    ['an unknown group', file({ terms: ['a'], unless: ['@none'] }), 'uses @none'],
    ['conditions on a hard list', file({ terms: ['a'], class: 'hard', unless: ['b'] }), 'a hard list has no'],
    ['patterns outside contact data', file({ patterns: ['email'] }), 'belong to the check contact-data'],
    ['a term without letters', file({ terms: ['?!'] }), 'has no letter or digit'],
  ])('is refused: %s', (_what, value, message) => {
    expect(() => compilePolicy([value])).toThrow(message);
  });

  it('is refused when its id or its country clashes', () => {
    const one = file({ terms: ['a'] });
    expect(() => compilePolicy([one, one])).toThrow('have the id "test"');
    const de = file({ terms: ['a'] }, { jurisdiction: 'de' });
    const fr = file({ terms: ['a'] }, { id: 'other', jurisdiction: 'fr' });
    expect(() => compilePolicy([de, fr])).toThrow('two countries (de and fr)');
  });
});

describe('the shipped policy', () => {
  it('compiles and names its files', () => {
    const policy = compilePolicy(['symbols-de', 'age', 'contact'].map((name) => readYaml(`safety/${name}.yaml`)));
    expect(policy.jurisdiction).toBe('de');
    expect(policy.version).toMatch(/^symbols-de@1\.0\.0\+age@1\.0\.0\+contact@1\.0\.0#[0-9a-f]{16}$/);
    expect(policy.files).toHaveLength(3);
  });

  it('has another version when a term changes though its number does not, and never a long one', () => {
    const version = (term: string): string => compilePolicy([file({ terms: [term] })]).version;
    expect(version('raven')).not.toBe(version('crow'));
    const many = ['one', 'two', 'three', 'four'].map((name) => file({ terms: ['a'] }, { id: `a-long-name-${name}` }));
    expect(compilePolicy(many).version.length).toBeLessThanOrEqual(80);
  });

  it('without files finds nothing', () => {
    const empty = compilePolicy([]);
    expect([empty.jurisdiction, empty.files, empty.find('anything')]).toEqual(['any', [], []]);
  });
});

describe('the message catalogues', () => {
  const catalogue = (language: string): Record<string, string> =>
    z.record(z.string(), z.string().min(1)).parse(readYaml(`messages/${language}.yaml`));
  const de = catalogue('de');
  const en = catalogue('en');
  const placeholders = (text: string | undefined): readonly string[] => text?.match(/\{\w+\}/gu)?.toSorted() ?? [];

  it('have the same keys and the same placeholders', () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
    for (const key of Object.keys(de)) expect(placeholders(de[key])).toEqual(placeholders(en[key]));
  });

  it('have every part of the message of every check, for kids, youth and the rest', () => {
    for (const check of LIST_CHECKS) {
      for (const level of ['.kids', '.youth', '']) {
        for (const part of ['heading', 'message', 'why', 'protection', 'suggestion']) {
          expect(en).toHaveProperty([`safety.${check}${level}.${part}`]);
        }
      }
    }
  });

  it('name the six stages', () => {
    expect(Object.keys(en).filter((key) => key.startsWith('stage.'))).toHaveLength(6);
  });

  it('name help for adults and at night', () => {
    for (const level of ['.kids', '.youth', '']) {
      for (const texts of [de, en]) expect(texts[`safety.self-harm${level}.suggestion`]).toContain('0800 111 0 111');
    }
    expect(en['safety.self-harm.suggestion']).toContain('Samaritans');
    expect(en['safety.age.kids.heading']).not.toContain('older');
  });

  it('say where to find help', () => {
    for (const level of ['.kids', '.youth', '']) {
      expect(de[`safety.self-harm${level}.suggestion`]).toContain('116 111');
      expect(en[`safety.self-harm${level}.suggestion`]).toContain('0800 1111');
    }
  });
});
