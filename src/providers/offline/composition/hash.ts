/** A whole number from 0 to 2^53 − 1 that depends on every character (two rounds of FNV-1a, mixed). */
export function hashText(text: string): number {
  const low = fnv(text, 0x811c9dc5);
  const high = fnv(text, 0x9747b28c) & 0x1fffff;
  return high * 2 ** 32 + low;
}

function fnv(text: string, start: number): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
