import { addS, once } from './lexicon.ts';
import { ENGLISH_VERBS } from './sound-words-en.data.ts';

type EnglishVerbForm = 'base' | 's' | 'ing' | 'ed';

/** Every form of every English verb of the lexicon, with which form it is. */
export const englishVerbForms = once(() => {
  const forms = new Map<string, EnglishVerbForm>();
  for (const entry of ENGLISH_VERBS.trim().split(/\s+/u)) {
    const verb = entry.replace('*', '');
    const isRegular = !entry.endsWith('*');
    const add = (form: EnglishVerbForm, word: string) => {
      if (!forms.has(word)) forms.set(word, form);
    };
    add('base', verb);
    add('s', addS(verb));
    add('ing', `${beforeVowel(verb)}ing`);
    if (isRegular) add('ed', /[^aeiou]y$/u.test(verb) ? `${verb.slice(0, -1)}ied` : `${beforeVowel(verb)}ed`);
  }
  return forms;
});

/** The stem before -ing and -ed: `bake` → `bak`, `hop` → `hopp`. */
function beforeVowel(verb: string): string {
  if (/[^eo]e$/u.test(verb)) return verb.slice(0, -1);
  return /^[^aeiou]*[aeiou][bdgklmnprtp]$/u.test(verb) ? verb + (verb.at(-1) ?? '') : verb;
}
