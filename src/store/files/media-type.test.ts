import { expect, test } from 'vitest';
import { detectMediaType } from './media-type.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test.each([
  ['a PNG', '\x89PNG\r\n\x1a\n....', 'image/png', 'png'],
  ['a JPEG', '\xff\xd8\xff\xe0....', 'image/jpeg', 'jpg'],
  ['a WebP', 'RIFF....WEBPVP8 ', 'image/webp', 'webp'],
  ['a GIF', 'GIF89a....', 'image/gif', 'gif'],
  ['a WAV', 'RIFF....WAVEfmt ', 'audio/wav', 'wav'],
  ['an MP3 with a tag', 'ID3\x04....', 'audio/mpeg', 'mp3'],
  ['an MP3 without a tag', '\xff\xfb\x90\x00....', 'audio/mpeg', 'mp3'],
  ['an OGG', 'OggS\x00....', 'audio/ogg', 'ogg'],
  ['an MP4', '\x00\x00\x00\x18ftypisom', 'video/mp4', 'mp4'],
  ['an M4A', '\x00\x00\x00\x18ftypM4A ', 'audio/mp4', 'm4a'],
  ['an AVIF', '\x00\x00\x00\x18ftypavif', 'image/avif', 'avif'],
  ['a PDF', '%PDF-1.7\n', 'application/pdf', 'pdf'],
  ['a ZIP', 'PK\x03\x04....', 'application/zip', 'zip'],
  ['something else', '\x00\x01\x02\x03', 'application/octet-stream', 'bin'],
  ['bytes that are no UTF-8', 'caf\xe9', 'application/octet-stream', 'bin'],
  ['a byte order mark of UTF-16', '\xff\xfea\x00', 'application/octet-stream', 'bin'],
  ['another RIFF', 'RIFF....AVI LIST\x00', 'application/octet-stream', 'bin'],
])('%s is known by its bytes', (_name, head, mediaType, extension) => {
  expect(detectMediaType(latin(head))).toEqual({ mediaType, extension });
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

test('a long run of comments takes no long time', () => {
  const start = performance.now();
  expect(detectMediaType(`${'<!-- a '.repeat(9000)}x`).extension).toBe('txt');
  expect(performance.now() - start).toBeLessThan(500);
});
