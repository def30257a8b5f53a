import sharp from 'sharp';
import { StemmaError } from '../../core/errors.ts';

/** Other formats that libvips can read (SVG, PDF) are programs rather than pictures. */
const FORMATS: ReadonlySet<string | undefined> = new Set(['png', 'jpeg', 'webp', 'gif']);
const MOST_PIXELS = 100_000_000;
const ROWS = 8;
const COLUMNS = 9;

/**
 * The difference hash of a picture: 64 bits as 16 hex digits, each of which says whether one of nine by eight shades of
 * grey is darker than its right neighbour. Pictures that look alike differ in few bits. After Neal Krawetz, "Kind of Like
 * That" (2013).
 *
 * @param bytes - PNG, JPEG, WebP or GIF
 * @throws {StemmaError} MEDIA_REFUSED for anything else
 */
export async function differenceHash(bytes: Uint8Array): Promise<string> {
  const shades = await greys(bytes).catch((cause: unknown) => {
    throw new StemmaError('MEDIA_REFUSED', 'These bytes are no picture that can be read.', { cause });
  });
  let hash = '';
  for (let row = 0; row < ROWS; row += 1) {
    let bits = 0;
    for (let column = 0; column < COLUMNS - 1; column += 1) {
      const at = row * COLUMNS + column;
      bits = bits * 2 + Number((shades[at] ?? 0) < (shades[at + 1] ?? 0));
    }
    hash += bits.toString(16).padStart(2, '0');
  }
  return hash;
}

async function greys(bytes: Uint8Array): Promise<Uint8Array> {
  const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS });
  const { format } = await picture.metadata();
  if (!FORMATS.has(format)) throw new Error(`The format is ${format}.`);
  return picture.flatten({ background: 'white' }).greyscale().resize(COLUMNS, ROWS, { fit: 'fill' }).raw().toBuffer();
}
