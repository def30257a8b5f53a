/**
 * Signs that look like a Latin letter, per letter: Cyrillic, Greek, Armenian, Cherokee, Lisu, small capitals, strokes and ligatures.
 *
 * Own selection after the idea of Unicode Technical Standard 39 ("confusables"); only what is read as the letter at a
 * glance. The case matters: a Greek capital Η looks like h, its small letter η like n.
 */
export const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'аАαΑᴀɑᎪꓮ',
  b: 'вВΒʙƅᏴꓐ',
  c: 'сСϲᴄᏟꓚ',
  d: 'ԁᴅđĐðᎠꓓ',
  e: 'еЕεΕᴇєəҽᎬꓰ',
  f: 'ꜰƒϝꓝ',
  g: 'ɢɡցԍᏀꓖ',
  h: 'һнНΗʜհħĦᎻꓧ',
  i: 'іІιΙɪıӀᎥꓲ',
  j: 'јЈᴊᎫꓙ',
  k: 'кКκΚᴋᏦꓗ',
  l: 'ӏʟłŁᏞꓡ',
  m: 'мМΜᴍᎷꓟ',
  n: 'ηΝɴոпꓠ',
  o: 'оОοΟᴏօøØσꓳ',
  p: 'рРρΡᴘᏢꓑ',
  q: 'ԛզ',
  r: 'ʀгᎡꓣ',
  s: 'ѕЅꜱᏚꓢΣ',
  t: 'тТτΤᴛᎢꓔ',
  u: 'υᴜսцꓴ',
  v: 'νᴠѵᏙꓦ',
  w: 'ԝᴡωѡшᎳꓪ',
  x: 'хХχΧꓫ',
  y: 'уУΥγʏүᎩꓬ',
  z: 'ᴢΖᏃꓜ',
  ae: 'æÆ',
  oe: 'œŒ',
  ss: 'ßẞ',
  th: 'þÞ',
  '!': '¡',
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
