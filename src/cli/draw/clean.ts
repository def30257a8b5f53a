/** Texts come from people and models: nothing in them may steer the terminal or turn the reading order round. */

/** C0 but tab and line feed, DEL, C1, line and paragraph separators, and the signs that change the direction of writing. */
// oxlint-disable-next-line no-control-regex -- these are the signs it is for
const STEERING = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;
const CONTROL_PICTURES = 0x24_00;
const DELETE = 0x7f;

/** The text with every steering sign replaced by a picture of it; tabs become spaces, line ends stay. */
export function clean(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replaceAll(STEERING, (sign) => pictureOf(sign.codePointAt(0) ?? 0));
}

function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  return code === DELETE ? '\u2421' : '\u{FFFD}';
}

/** On one line. */
export const cleanLine = (text: string): string => clean(text).replaceAll(/\s*\n\s*/gu, ' ');

/** A copy of plain data in which every text is clean. */
export function cleanAll<T>(data: T): T {
  const copy: T = JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    typeof value === 'string' ? clean(value) : value,
  );
  return copy;
}
