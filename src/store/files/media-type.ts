/** What a file is, from its bytes alone: no provider's claim is believed. */
export interface MediaType {
  readonly mediaType: string;
  /** Without the dot. */
  readonly extension: string;
}

const TEXT: MediaType = { mediaType: 'text/plain', extension: 'txt' };
const JSON_TEXT: MediaType = { mediaType: 'application/json', extension: 'json' };
const SVG: MediaType = { mediaType: 'image/svg+xml', extension: 'svg' };
const UNKNOWN: MediaType = { mediaType: 'application/octet-stream', extension: 'bin' };
const MP3: MediaType = { mediaType: 'audio/mpeg', extension: 'mp3' };

/** Longer than this, bytes without a signature are not looked through for being a text. */
const MAX_TEXT_BYTES = 32 * 2 ** 20;

interface Signature {
  readonly at: number;
  readonly bytes: string;
  readonly is: MediaType;
}

/** Bytes as Latin-1 text; `at` counts from 0. */
const SIGNATURES: readonly Signature[] = [
  { at: 0, bytes: '\x89PNG\r\n\x1a\n', is: { mediaType: 'image/png', extension: 'png' } },
  { at: 0, bytes: '\xff\xd8\xff', is: { mediaType: 'image/jpeg', extension: 'jpg' } },
  { at: 0, bytes: 'GIF87a', is: { mediaType: 'image/gif', extension: 'gif' } },
  { at: 0, bytes: 'GIF89a', is: { mediaType: 'image/gif', extension: 'gif' } },
  { at: 0, bytes: '%PDF-', is: { mediaType: 'application/pdf', extension: 'pdf' } },
  { at: 0, bytes: 'OggS', is: { mediaType: 'audio/ogg', extension: 'ogg' } },
  { at: 0, bytes: 'PK\x03\x04', is: { mediaType: 'application/zip', extension: 'zip' } },
  { at: 0, bytes: 'ID3', is: MP3 },
  { at: 4, bytes: 'ftypavif', is: { mediaType: 'image/avif', extension: 'avif' } },
  { at: 4, bytes: 'ftypheic', is: { mediaType: 'image/heic', extension: 'heic' } },
  { at: 4, bytes: 'ftypM4A ', is: { mediaType: 'audio/mp4', extension: 'm4a' } },
  { at: 4, bytes: 'ftyp', is: { mediaType: 'video/mp4', extension: 'mp4' } },
];

/** The `RIFF` family says what it holds after its length. */
const RIFF: { readonly [form: string]: MediaType } = {
  WEBP: { mediaType: 'image/webp', extension: 'webp' },
  WAVE: { mediaType: 'audio/wav', extension: 'wav' },
};

/**
 * Media type and extension of a body.
 *
 * A text that is a JSON object or array is JSON, one whose root element is `svg` is SVG, any other plain text;
 * bytes without a known signature count as a text when they are UTF-8 without a NUL.
 *
 * @example
 * detectMediaType('{"a":1}').extension // => 'json'
 */
export function detectMediaType(body: string | Uint8Array): MediaType {
  if (typeof body === 'string') return textType(body);
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 16)).toString('latin1');
  const signed = SIGNATURES.find(({ at, bytes }) => head.startsWith(bytes, at))?.is;
  if (signed !== undefined) return signed;
  const form = head.startsWith('RIFF') ? RIFF[head.slice(8, 12)] : undefined;
  if (form !== undefined) return form;
  return isMp3Frame(body) ? MP3 : binaryType(body);
}

function textType(text: string): MediaType {
  const first = text.trimStart().charAt(0);
  if ((first === '{' || first === '[') && isJson(text)) return JSON_TEXT;
  return first === '<' && isSvg(text) ? SVG : TEXT;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Declarations, comments and a document type may stand before the root element. */
const SVG_ROOT =
  /^\uFEFF?\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE[^>[]*(?:\[[^\]]*\])?\s*>\s*)*<svg[\s/>]/i;

const isSvg = (text: string): boolean => SVG_ROOT.test(text.slice(0, 65_536));

/** Eleven set bits, then a version, layer, bit rate and sample rate that exist (ISO/IEC 11172-3, 2.4.2.3). */
function isMp3Frame(bytes: Uint8Array): boolean {
  const [sync = 0, kind = 0, rate = 0] = bytes;
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0) return false;
  const version = (kind >> 3) & 3;
  const layer = (kind >> 1) & 3;
  const bitRate = rate >> 4;
  return version !== 1 && layer === 1 && bitRate !== 0 && bitRate !== 15 && ((rate >> 2) & 3) !== 3;
}

function binaryType(bytes: Uint8Array): MediaType {
  if (bytes.byteLength > MAX_TEXT_BYTES || bytes.includes(0)) return UNKNOWN;
  try {
    return textType(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return UNKNOWN;
  }
}
