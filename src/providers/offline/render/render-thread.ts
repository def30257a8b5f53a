/** Runs in a thread of its own: SVG in, PNG out, one after the other in the order of arrival. */
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';
import { FONT_FILES } from './fonts.data.ts';

// A missing font file would be no error for resvg, the text would just be absent: resolving it here makes it one.
const { resolve } = createRequire(import.meta.url);
const fontFiles = FONT_FILES.map((file) => resolve(file));

function render(svg: string): Uint8Array<ArrayBuffer> {
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Noto Sans' };
  return new Uint8Array(new Resvg(svg, { font }).render().asPng());
}

parentPort?.on('message', ({ id, svg }: { readonly id: number; readonly svg: string }) => {
  try {
    const png = render(svg);
    parentPort?.postMessage({ id, png }, [png.buffer]);
  } catch (error) {
    parentPort?.postMessage({ id, message: error instanceof Error ? error.message : String(error) }, []);
  }
});
