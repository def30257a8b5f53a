/**
 * Signs that look like a Latin letter, per letter: Cyrillic, Greek, Armenian, small capitals, strokes and ligatures.
 *
 * Own selection after the idea of Unicode Technical Standard 39 ("confusables"); only what is read as the letter at a
 * glance. The case matters: a Greek capital Η looks like h, its small letter η like n.
 */
export const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'аАαΑᴀɑ',
  b: 'вВΒʙƅ',
  c: 'сСϲᴄ',
  d: 'ԁᴅđĐð',
  e: 'еЕεΕᴇєəҽ',
  f: 'ꜰƒϝ',
  g: 'ɢɡցԍ',
  h: 'һнНΗʜհħĦ',
  i: 'іІιΙɪıӀ',
  j: 'јЈᴊ',
  k: 'кКκΚᴋ',
  l: 'ӏʟłŁ',
  m: 'мМΜᴍ',
  n: 'ηΝɴոп',
  o: 'оОοΟᴏօøØσ',
  p: 'рРρΡᴘ',
  q: 'ԛզ',
  r: 'ʀг',
  s: 'ѕЅꜱ',
  t: 'тТτΤᴛ',
  u: 'υᴜսц',
  v: 'νᴠѵ',
  w: 'ԝᴡωѡш',
  x: 'хХχΧ',
  y: 'уУΥγʏү',
  z: 'ᴢΖ',
  ae: 'æÆ',
  oe: 'œŒ',
  ss: 'ßẞ',
  th: 'þÞ',
};

/** Digits and signs that stand for a letter in leetspeak. `1 ! |` stand for i and l, which share one form in the folded view. */
export const LEET_LETTERS: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '!': 'i',
  '|': 'i',
  '+': 't',
};
