import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { differenceHash } from './difference-hash.ts';

/** Shades from left to right. */
async function gradient(reversed: boolean, format: 'png' | 'jpeg' | 'webp'): Promise<Uint8Array> {
  const side = 90;
  const pixels = Buffer.alloc(side * side);
  for (const at of pixels.keys()) {
    const column = at % side;
    pixels[at] = Math.round((255 * (reversed ? side - column : column)) / side);
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toFormat(format)
    .toBuffer();
}

describe('the difference hash', () => {
  it('is the same for the same picture in every format', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const)
      expect(await differenceHash(await gradient(false, format))).toBe('ffffffffffffffff');
  });

  it('is the opposite for a picture whose shades run the other way', async () => {
    expect(await differenceHash(await gradient(true, 'png'))).toBe('0000000000000000');
  });

  it.each([
    ['a drawing program', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"/>'],
    ['a text', 'no picture'],
  ])('refuses %s', async (_what, text) => {
    await expect(differenceHash(new TextEncoder().encode(text))).rejects.toMatchObject({ code: 'MEDIA_REFUSED' });
  });
});
