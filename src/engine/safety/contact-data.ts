import { viewText, type View } from './view.ts';

/** The kinds of contact data that a policy can name. */
export const CONTACT_PATTERNS = ['email', 'phone', 'iban', 'street-address'] as const;
export type ContactPattern = (typeof CONTACT_PATTERNS)[number];

/** Contact data with its place in the original text. */
export interface ContactMatch {
  readonly pattern: ContactPattern;
  readonly start: number;
  readonly end: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

// Every quantifier is bounded, so that a long text of one kind of sign takes time in proportion to its length.
const EMAIL_AT = /\s?[([{]\s?(?:at|ät)\s?[)\]}]\s?|\s?@\s?/giu;
const EMAIL_NAME_SIGN = /[\p{L}\d._%+-]/u;
const EMAIL_NAME_LENGTH = 64;
const EMAIL_HOST =
  /^[\p{L}\d-]{1,63}(?:(?:\.|\s?[([{]\s?(?:dot|punkt)\s?[)\]}]\s?)[\p{L}\d-]{1,63}){0,4}(?:\.|\s?[([{]\s?(?:dot|punkt)\s?[)\]}]\s?)\p{L}{2,24}/iu;
const NUMBER_RUN = /(?:\+|\(\+?|00)?\d(?:[ \t]?[()/.\-–]?[ \t]?[()]?\d){4,24}/gu;
const DATE_START = /^\(?\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?!\d)/u;
const GROUPED_BY_THREE = /^\d{1,3}(?:[. ]\d{3})+$/u;
const US_NUMBER = /^\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}$/u;
const PHONE_CUE =
  /(?:\btel\b|telefon|handy|festnetz|whatsapp|phone|\bcall me|\btext me|\bruf mich|\brufe mich|meine nummer|my number|cell number)\S{0,12}(?:\s\S{1,12}){0,3}\s?$/iu;
const IBAN = /\b[A-Z]{2}\d{2}(?:[ ]?[A-Z\d]){11,30}\b/giu;
const GERMAN_STREET =
  /(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|damm|ufer|chaussee|steig|pfad|hof|markt)[ ]{1,2}\d{1,4}[ ]?[a-z]?\b/giu;
const GERMAN_PLACE = /^\s{0,2},?\s{1,2}(?:D-)?\d{5}\s[\p{L}-]{2,40}/u;
const ENGLISH_STREET =
  /\b\d{1,5}[a-z]?\s(?:\p{Lu}[\p{L}'-]{1,30}\s){1,3}(?:street|road|avenue|lane|drive|close|crescent|terrace|st\.|rd\.|ave\.)/giu;
const ENGLISH_PLACE = /^.{0,60}?\b(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]{2}\s\d{5})\b/u;
const HOME_CUE = /\b(?:wohn|adresse|anschrift|zu ?hause|daheim|live|living|address|my home|my house)/iu;
const HOME_WINDOW = 60;
const PLACE_WINDOW = 100;

/** E-mail addresses, telephone numbers, bank accounts and street addresses in the light view of a text. */
export function findContactData(light: View, wanted: readonly ContactPattern[]): readonly ContactMatch[] {
  const text = viewText(light);
  return wanted.flatMap((pattern) =>
    DETECTORS[pattern](text).map(({ from, to }) => ({
      pattern,
      start: light.starts[from] ?? 0,
      end: light.ends[to - 1] ?? 0,
    })),
  );
}

const DETECTORS: Readonly<Record<ContactPattern, (text: string) => readonly Span[]>> = {
  email: findEmails,
  phone: findPhones,
  iban: findIbans,
  'street-address': findAddresses,
};

function findEmails(text: string): readonly Span[] {
  const found: Span[] = [];
  for (const sign of text.matchAll(EMAIL_AT)) {
    const after = sign.index + sign[0].length;
    const host = EMAIL_HOST.exec(text.slice(after, after + 320));
    if (host === null) continue;
    const from = emailNameStart(text, sign.index);
    if (from < sign.index) found.push({ from, to: after + host[0].length });
  }
  return found;
}

function emailNameStart(text: string, at: number): number {
  let from = at;
  while (from > 0 && at - from < EMAIL_NAME_LENGTH && EMAIL_NAME_SIGN.test(text[from - 1] ?? '')) from--;
  return from;
}

function findPhones(text: string): readonly Span[] {
  const found: Span[] = [];
  for (const run of text.matchAll(NUMBER_RUN)) {
    const before = text.slice(Math.max(0, run.index - 48), run.index);
    if (/[\p{L}\d]$|\d[.,:]$/u.test(before) || /isbn[\s:-]{0,3}$/iu.test(before)) continue;
    if (isPhone(run[0], PHONE_CUE.test(before))) found.push({ from: run.index, to: run.index + run[0].length });
  }
  return found;
}

function isPhone(written: string, announced: boolean): boolean {
  const digits = written.replace(/\D/gu, '');
  if (DATE_START.test(written) || digits.startsWith('0800')) return false;
  if (/^\(?\+/u.test(written)) return digits.length >= 8 && digits.length <= 15;
  if (announced && digits.length >= 5 && digits.length <= 15) return digits !== '116111';
  if (GROUPED_BY_THREE.test(written)) return false;
  return US_NUMBER.test(written) || isNationalNumber(written, digits);
}

/** 0 and an area code of at least two further digits; no single 0 before a point, no 0123456789. */
function isNationalNumber(written: string, digits: string): boolean {
  if (/^00[1-9]/u.test(digits)) return digits.length >= 10 && digits.length <= 16;
  if (digits.length < 9 || digits.length > 13 || digits.startsWith('0123456789')) return false;
  return /^\(?0[1-9](?:[ ]?\d){1,}/u.test(written);
}

function findIbans(text: string): readonly Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(IBAN)) {
    const length = ibanLength(match[0]);
    if (length > 0) found.push({ from: match.index, to: match.index + length });
  }
  return found;
}

/** How much of the match is an account number with right check digits (ISO 13616), or a German one of the right length. */
function ibanLength(written: string): number {
  const words = written.split(' ');
  for (let count = words.length; count > 0; count--) {
    const part = words.slice(0, count).join(' ');
    const signs = part.replaceAll(' ', '').toUpperCase();
    if (/^DE\d{20}$/u.test(signs) || (signs.length >= 15 && ibanRest(signs) === 1)) return part.length;
  }
  return 0;
}

function ibanRest(signs: string): number {
  let rest = 0;
  for (const sign of signs.slice(4) + signs.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/** A street with a number counts when a place follows or words before it say that somebody lives there. */
function findAddresses(text: string): readonly Span[] {
  const german = [...text.matchAll(GERMAN_STREET)].map((match) =>
    addressAt(text, { from: streetStart(text, match.index), to: match.index + match[0].length }, GERMAN_PLACE),
  );
  const english = [...text.matchAll(ENGLISH_STREET)].map((match) =>
    addressAt(text, { from: match.index, to: match.index + match[0].length }, ENGLISH_PLACE),
  );
  return [...german, ...english].filter((span) => span !== null);
}

function addressAt(text: string, street: Span, place: RegExp): Span | null {
  const after = place.exec(text.slice(street.to, street.to + PLACE_WINDOW));
  if (after !== null) return { from: street.from, to: street.to + after[0].length };
  return HOME_CUE.test(text.slice(Math.max(0, street.from - HOME_WINDOW), street.from)) ? street : null;
}

function streetStart(text: string, at: number): number {
  const name = /[\p{L}.-]{0,60}(?:(?<=\p{L})[ ])?$/u.exec(text.slice(Math.max(0, at - 60), at));
  return at - (name === null ? 0 : name[0].length);
}
