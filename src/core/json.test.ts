import { expect, it } from 'vitest';
import { localText } from './json.ts';

it('a plain text is the same in every language', () => {
  expect(localText('Dada', 'tr')).toBe('Dada');
});

it('a text per language is given in the wanted one', () => {
  expect(localText({ de: 'Katze', en: 'cat' }, 'de')).toBe('Katze');
});

it('English stands in for a language that is missing', () => {
  expect(localText({ de: 'Katze', en: 'cat' }, 'fr')).toBe('cat');
});

it('the first text there is stands in when English is missing too', () => {
  expect(localText({ uk: 'кіт', de: 'Katze' }, 'fr')).toBe('кіт');
});

it('no text at all is empty', () => {
  expect(localText(undefined, 'de')).toBe('');
  expect(localText({}, 'de')).toBe('');
});
