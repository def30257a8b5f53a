import { ENGLISH_HINTS, ENGLISH_SIGNS, GERMAN_HINTS, GERMAN_SIGNS } from './procedures/function-words.data.ts';
import { isEnglishThing } from './procedures/things-en.ts';
import { isGermanThing } from './procedures/things-de.ts';
import { toPieces, toWordSet } from './procedures/words.ts';

const SAMPLE_SIGNS = 2000;
const MIN_LETTERS = 3;
/** How much of the best score German or English needs to win where nothing is certain. */
const NEAR_ENOUGH = 0.9;

const signs = { de: toWordSet(GERMAN_SIGNS), en: toWordSet(ENGLISH_SIGNS) };
const hints = { de: toWordSet(GERMAN_HINTS), en: toWordSet(ENGLISH_HINTS) };

/**
 * The language of a text as an ISO 639-1 code, or undefined when nobody can tell.
 *
 * German and English are recognised by their small words; only for other texts the detector and its
 * 85 MB of n-grams are loaded, once. Texts of fewer than three letters are unknown. Reads the first
 * 2,000 characters.
 */
export async function detectLanguage(text: string): Promise<string | undefined> {
  const sample = text.slice(0, SAMPLE_SIGNS).normalize('NFC');
  if ((sample.match(/\p{L}/gu) ?? []).length < MIN_LETTERS) return undefined;
  const words = toPieces(sample.toLowerCase(), 'und').flatMap(({ isWord, lower }) => (isWord ? [lower] : []));
  return bySmallWords(sample, words) ?? byThings(words) ?? (await byDetector(sample, words.length));
}

/** Only for texts in the letters of German and English; other letters belong to another language. */
function bySmallWords(sample: string, words: readonly string[]): 'de' | 'en' | undefined {
  if (/[^\P{L}a-zäöüß]/iu.test(sample)) return undefined;
  const german = points(words, 'de');
  const english = points(words, 'en');
  const enough = Math.max(1, 0.15 * words.length);
  if (german >= enough && german >= 3 * english) return 'de';
  return english >= enough && english >= 3 * german ? 'en' : undefined;
}

/** A sign counts once, a hint adds a third, but only where there is a sign. */
function points(words: readonly string[], language: 'de' | 'en'): number {
  const found = words.filter((word) => signs[language].has(word)).length;
  const hinted = words.filter((word) => hints[language].has(word)).length;
  return found === 0 ? hinted / 10 : found + hinted / 3;
}

/** A word or three, half of them things that one language knows and the other doesn't: "Katze", "sunset over lake". */
function byThings(words: readonly string[]): 'de' | 'en' | undefined {
  if (words.length > 3) return undefined;
  const german = words.filter((word) => isGermanThing(word)).length;
  const english = words.filter((word) => isEnglishThing(word)).length;
  if (german > 0 && german * 2 >= words.length && english === 0) return 'de';
  return english > 0 && english * 2 >= words.length && german === 0 ? 'en' : undefined;
}

async function byDetector(sample: string, words: number): Promise<string | undefined> {
  const { eld } = await import('eld/extrasmall');
  const result = eld.detect(sample);
  if (result.language === '') return undefined;
  if (result.isReliable()) return result.language;
  const scores: Readonly<Record<string, number>> = result.getScores();
  const best = scores[result.language] ?? 0;
  const [german, english] = [scores['de'] ?? 0, scores['en'] ?? 0];
  const nearer = german >= english ? 'de' : 'en';
  if (Math.max(german, english) >= NEAR_ENOUGH * best) return nearer;
  return words >= 3 ? result.language : undefined;
}
