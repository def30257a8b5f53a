import { ENGLISH, GERMAN } from './words.data.ts';
import type { Words } from './words.data.ts';

/** What drawings say, and how numbers, times and sizes are written, in one language. */
export interface Phrases {
  readonly words: Words;
  readonly duration: (ms: number) => string;
  readonly size: (bytes: number) => string;
  readonly number: (value: number) => string;
  readonly money: (microUsd: number) => string;
  /** With all six decimals, for sums that stand below each other. */
  readonly exactMoney: (microUsd: number) => string;
  /** In whole seconds: it is a guess. */
  readonly remaining: (ms: number) => string;
  /** A share from 0 to 1. */
  readonly percent: (share: number) => string;
  /** Day and time of this machine's place. */
  readonly moment: (iso: string) => string;
  readonly languageName: (code: string) => string;
}

type Counted = Readonly<Record<'one' | 'other', string>>;

/** @param language - ISO 639-1; without words of its own it speaks English */
export function phrasesOf(language: string): Phrases {
  const words = language.startsWith('de') ? GERMAN : ENGLISH;
  const locale = words === GERMAN ? 'de' : 'en';
  const number = (value: number, digits = 0, least = 0): string =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits, minimumFractionDigits: least }).format(value);
  const money = (microUsd: number, least: number): string =>
    locale === 'de' ? `${number(microUsd / 1e6, 6, least)} $` : `$${number(microUsd / 1e6, 6, least)}`;
  // Swedish writes 2026-11-21 04:27, which no reader of English takes for another day
  const day = new Intl.DateTimeFormat(locale === 'de' ? 'de' : 'sv', { dateStyle: 'short', timeStyle: 'short' });
  return {
    words,
    number: (value) => number(value),
    duration: (ms) => durationText(ms, words, number),
    size: (bytes) => sizeText(bytes, number),
    money: (microUsd) => money(microUsd, 0),
    exactMoney: (microUsd) => money(microUsd, 6),
    remaining: (ms) =>
      fill(words.remaining, { time: durationText(Math.max(1, Math.ceil(ms / 1000)) * 1000, words, number) }),
    percent: (share) => `${number(100 * share, 1)} %`,
    moment: (iso) => day.format(new Date(iso)),
    languageName: (code) => languageName(code, locale),
  };
}

type Write = (value: number, digits?: number) => string;

function durationText(ms: number, words: Words, number: Write): string {
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 59_950) return `${number(ms / 1000, 1)} s`;
  const seconds = Math.round(ms / 1000);
  return fill(words.minutes, { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

function sizeText(bytes: number, number: Write): string {
  if (bytes < 1000) return `${number(bytes)} B`;
  return bytes < 999_500 ? `${number(bytes / 1000)} kB` : `${number(bytes / 1e6, 1)} MB`;
}

function languageName(code: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Puts values in the places named `{so}`. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{(\w+)\}/gu, (place, name: string) => String(values[name] ?? place));

/** The form for the number. */
export const counted = (
  forms: Counted,
  count: number,
  values: Readonly<Record<string, string | number>> = {},
): string => fill(count === 1 ? forms.one : forms.other, { count, ...values });

/** The word for a key that may be none of the catalogue's: then the key itself. */
export const wordFor = (words: Readonly<Record<string, string>>, key: string): string =>
  Object.hasOwn(words, key) ? (words[key] ?? key) : key;
