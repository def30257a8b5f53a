export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Closed facts: numbers, flags, enum words, ids; 2 kB at most. What conditions may read; never content. */
export type Facts = { readonly [name: string]: number | boolean | string | null };

/** A text, or one text per language (ISO 639-1). */
export type LocalText = string | { readonly [language: string]: string };

/** The text in the wanted language, else English, else the first there is. */
export function localText(text: LocalText | undefined, language: string): string {
  if (text === undefined || typeof text === 'string') return text ?? '';
  return text[language] ?? text['en'] ?? Object.values(text)[0] ?? '';
}
