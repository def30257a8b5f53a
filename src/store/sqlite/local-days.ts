/** No zone moves its clock by less than a quarter of an hour, or within one. */
const QUARTER_MS = 15 * 60_000;

/**
 * What date it is at a time, as `2026-03-01`.
 *
 * Times of one quarter of an hour in a row are looked up once: a read model asks for every attempt there ever was.
 *
 * @param zone - IANA name; the system's when there is none
 */
export function localDays(zone?: string): (at: number) => string {
  // the Swedish way to write a date is ISO 8601
  const format = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' });
  let quarter = Number.NaN;
  let day = '';
  return (at) => {
    const now = Math.floor(at / QUARTER_MS);
    if (now !== quarter) day = format.format(now * QUARTER_MS);
    quarter = now;
    return day;
  };
}
