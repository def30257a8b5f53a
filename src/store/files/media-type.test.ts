import { expect, test } from 'vitest';
import { detectMediaType } from './media-type.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test.each([
  ['a PNG', '\x89PNG\r\n\x1a\n....', { mediaType: 'image/png', extension: 'png' }],
  ['a JPEG', '\xff\xd8\xff\xe0....', { mediaType: 'image/jpeg', extension: 'jpg' }],
  ['a WebP', 'RIFF....WEBPVP8 ', { mediaType: 'image/webp', extension: 'webp' }],
  ['a GIF', 'GIF89a....', { mediaType: 'image/gif', extension: 'gif' }],
  ['a WAV', 'RIFF....WAVEfmt ', { mediaType: 'audio/wav', extension: 'wav' }],
  ['an MP3 with a tag', 'ID3\x04....', { mediaType: 'audio/mpeg', extension: 'mp3' }],
  ['an MP3 without a tag', '\xff\xfb\x90\x00....', { mediaType: 'audio/mpeg', extension: 'mp3' }],
  ['an OGG', 'OggS\x00....', { mediaType: 'audio/ogg', extension: 'ogg' }],
  ['an MP4', '\x00\x00\x00\x18ftypisom', { mediaType: 'video/mp4', extension: 'mp4' }],
  ['an M4A', '\x00\x00\x00\x18ftypM4A ', { mediaType: 'audio/mp4', extension: 'm4a' }],
  ['an AVIF', '\x00\x00\x00\x18ftypavif', { mediaType: 'image/avif', extension: 'avif' }],
  ['a PDF', '%PDF-1.7\n', { mediaType: 'application/pdf', extension: 'pdf' }],
  ['a ZIP', 'PK\x03\x04....', { mediaType: 'application/zip', extension: 'zip' }],
  ['something else', '\x00\x01\x02\x03', { mediaType: 'application/octet-stream', extension: 'bin' }],
  ['bytes that are no UTF-8', 'caf\xe9', { mediaType: 'application/octet-stream', extension: 'bin' }],
  ['a byte order mark of UTF-16', '\xff\xfea\x00', { mediaType: 'application/octet-stream', extension: 'bin' }],
  ['another RIFF', 'RIFF....AVI LIST\x00', { mediaType: 'application/octet-stream', extension: 'bin' }],
])('%s is known by its bytes', (_name, head, expected) => {
  expect(detectMediaType(latin(head))).toEqual(expected);
});

test.each([
  ['{"a": [1]}', 'json'],
  ['  [1, 2]\n', 'json'],
  ['{not json}', 'txt'],
  ['"a quoted text"', 'txt'],
  ['42', 'txt'],
  ['', 'txt'],
  ['A cat sits on the roof.', 'txt'],
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'svg'],
  ['<?xml version="1.0"?>\n<!-- drawn -->\n<!DOCTYPE svg [ <!ENTITY a "b"> ]>\n<svg>', 'svg'],
  ['<p>about <svg></p>', 'txt'],
  ['<!-- <svg> --><html>', 'txt'],
  ['<svgish>', 'txt'],
])('the text %j becomes .%s, as a string and as bytes', (text, extension) => {
  expect(detectMediaType(text).extension).toBe(extension);
  expect(detectMediaType(new TextEncoder().encode(text)).extension).toBe(extension);
});

test('a long run of comments comes to its end, which a search that starts anew at each would not', () => {
  expect(detectMediaType(`${'<!-- a '.repeat(90_000)}x`).extension).toBe('txt');
});
