import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compose, STYLES } from '../composition/compose.ts';
import { openRenderer } from './renderer.ts';

const square = (side: number, fill = 'red'): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="9" height="9" fill="${fill}"/></svg>`;

function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/** A thread that exits, throws or says nothing when asked to, and else answers with the order of its jobs. */
const UNSTEADY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    let count = 0;
    parentPort.on('message', ({ id, svg }) => {
      if (svg === 'exit') process.exit(3);
      if (svg === 'throw') throw new Error('out of paint');
      if (svg === 'silence') return;
      parentPort.postMessage({ id, png: new Uint8Array([++count]) });
    });`)}`,
);

test('an SVG becomes a PNG of its own size', async () => {
  await using renderer = openRenderer();
  const png = await renderer.render(square(33));
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  expect(sizeOf(png)).toEqual([33, 33]);
});

test.each([
  [256, 256],
  [640, 384],
  [384, 640],
  [2048, 2048],
])('a composition of %i × %i pixels is rendered in exactly that size', async (width, height) => {
  await using renderer = openRenderer();
  for (const style of STYLES) {
    const svg = compose({ text: 'Ein Fisch und drei Sterne', style, seed: 5, width, height });
    expect(sizeOf(await renderer.render(svg))).toEqual([width, height]);
  }
});

test('the same SVG gives the same bytes, in one thread and in another', async () => {
  await using first = openRenderer();
  await using second = openRenderer();
  const svg = compose({ text: 'Der Mond im Fenster', style: 'dada', seed: 1, width: 300, height: 300 });
  const [a, b, c] = await Promise.all([first.render(svg), first.render(svg), second.render(svg)]);
  expect(Buffer.compare(a, b)).toBe(0);
  expect(Buffer.compare(a, c)).toBe(0);
});

test('lettering is drawn with the bundled font', async () => {
  await using renderer = openRenderer();
  const text = (weight: number, content: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60"><text x="5" y="45" font-family="Noto Sans" font-size="40" font-weight="${weight}">${content}</text></svg>`;
  const [none, regular, black] = await Promise.all(
    [text(400, ' '), text(400, 'Ähre'), text(900, 'Ähre')].map((svg) => renderer.render(svg)),
  );
  expect(new Set([none, regular, black].map((png) => Buffer.from(png ?? []).toString('base64'))).size).toBe(3);
});

test('renders are answered in the order of the calls', async () => {
  await using renderer = openRenderer({ thread: UNSTEADY });
  const numbers = await Promise.all(['a', 'b', 'c', 'd'].map((svg) => renderer.render(svg)));
  expect(numbers.map(([first]) => first)).toEqual([1, 2, 3, 4]);
});

test('an SVG that cannot be read rejects and the next one is rendered', async () => {
  await using renderer = openRenderer();
  const [bad, good] = await Promise.allSettled([renderer.render('no picture'), renderer.render(square(10))]);
  expect(bad).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('could not be rendered') },
  });
  expect(good.status).toBe('fulfilled');
});

test('an abort rejects with the reason of its signal, running or waiting, and leaves the others alone', async () => {
  await using renderer = openRenderer({ thread: UNSTEADY });
  const reason = new Error('no longer wanted');
  const abort = new AbortController();
  const answers = [renderer.render('a', abort.signal), renderer.render('b', abort.signal), renderer.render('c')];
  abort.abort(reason);
  const [running, waiting, other] = await Promise.allSettled(answers);
  expect(running).toEqual({ status: 'rejected', reason });
  expect(waiting).toEqual({ status: 'rejected', reason });
  // The one that was running is the thread's first job, the one that was waiting never reached it.
  expect(other).toEqual({ status: 'fulfilled', value: new Uint8Array([2]) });
});

test('a signal that was aborted before the call rejects at once', async () => {
  await using renderer = openRenderer();
  const reason = new Error('too late');
  await expect(renderer.render(square(8), AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.each([
  ['exit', 'ended with code 3'],
  ['throw', 'crashed: out of paint'],
])('a thread that dies (%s) rejects what is pending, and the next render starts a new one', async (how, message) => {
  await using renderer = openRenderer({ thread: UNSTEADY });
  const [dying, waiting] = await Promise.allSettled([renderer.render(how), renderer.render('a')]);
  const failure = { status: 'rejected', reason: { message: expect.stringContaining(message) } };
  expect(dying).toMatchObject(failure);
  expect(waiting).toMatchObject(failure);
  expect(await renderer.render('b')).toEqual(new Uint8Array([1]));
});

test('closing rejects what is pending and every later render', async () => {
  const renderer = openRenderer({ thread: UNSTEADY });
  const pending = renderer.render('silence');
  await Promise.all([expect(pending).rejects.toThrow('closed'), renderer.close()]);
  await expect(renderer.render('a')).rejects.toThrow('closed');
  await renderer.close();
});

test('an idle thread does not keep the process alive', async () => {
  const script = `import { openRenderer } from ${JSON.stringify(new URL('./renderer.ts', import.meta.url).href)};
    console.log((await openRenderer().render(${JSON.stringify(square(16))})).length > 50);`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { timeout: 30_000 });
  expect(stdout.trim()).toBe('true');
});
