import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';
import type { Workplace } from '../support/cli.ts';

const CAT = 'Eine Katze sitzt auf dem Dach und träumt vom Meer';

interface Artifact {
  readonly id: string;
  readonly path: string;
  readonly sha256: string;
}
interface Result {
  readonly runId: string;
  readonly state: string;
  readonly text: string;
  readonly outputs: readonly {
    readonly index: number;
    readonly config: string;
    readonly state: string;
    readonly artifacts: readonly Artifact[];
  }[];
  readonly error: { readonly code: string } | null;
}
interface Shown {
  readonly run: {
    readonly problems: readonly { readonly stepPath: string; readonly state: string; readonly code: string }[];
  };
  readonly items: readonly Item[];
  readonly steps: readonly { readonly path: string; readonly state: string; readonly skippedBecause: string | null }[];
}
interface Item {
  readonly seq: number;
  readonly stage: number;
  readonly stageIteration: number | null;
  readonly loopIteration: number | null;
  readonly type: string;
  readonly text: string | null;
}

const runJson = (place: Workplace, ...args: string[]) => place.json<Result>(['run', ...args]);
const showJson = (place: Workplace, id: string) => place.json<Shown>(['runs', 'show', id]);

describe('stemma run', () => {
  it('ends the main job with a picture on disk and the shape of the specification', async () => {
    using place = openWorkplace();
    const result = await place.json<Result>(['run', 'dada', CAT, '--label', 'person=otter']);
    expect(result).toEqual({
      exit: 0,
      runId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      traceId: result.runId.replaceAll('-', ''),
      state: 'succeeded',
      config: 'dada',
      pipeline: 'text-to-media',
      profile: 'offline',
      safety: 'youth',
      text: expect.stringMatching(/katze/i),
      outputs: [
        {
          index: 1,
          config: 'image',
          state: 'succeeded',
          artifacts: [
            {
              id: expect.stringMatching(/\/\d\d_output_image\.png$/),
              type: 'output_image',
              mediaType: 'image/png',
              path: expect.stringContaining(place.data),
              sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
              sizeBytes: expect.any(Number),
              width: 1024,
              height: 1024,
            },
          ],
        },
      ],
      blocked: null,
      error: null,
      cost: { microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0 },
      durationMs: expect.any(Number),
    });
    const picture = readFileSync(result.outputs[0]?.artifacts[0]?.path ?? '');
    expect([picture.subarray(1, 4).toString(), picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([
      'PNG',
      1024,
      1024,
    ]);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    using place = openWorkplace();
    const [first, second, other] = [
      await runJson(place, 'dada', CAT, '--seed', '7'),
      await runJson(place, 'dada', CAT, '--seed', '7'),
      await runJson(place, 'dada', CAT, '--seed', '8'),
    ];
    const hash = (result: Result): string | undefined => result.outputs[0]?.artifacts[0]?.sha256;
    expect([second.text, hash(second)]).toEqual([first.text, hash(first)]);
    expect(other.text).not.toBe(first.text);
    expect(hash(other)).not.toBe(hash(first));
  });

  it('shows the eight hands of stille-post in order', async () => {
    using place = openWorkplace();
    const { runId, text } = await runJson(
      place,
      'stille-post',
      'Der Leuchtturm erzählt der Möwe vom Sturm',
      '--seed',
      '3',
    );
    const { items } = await showJson(place, runId);
    const hands = items.filter(({ stage, stageIteration }) => stage === 2 && stageIteration !== null);
    expect(hands.map(({ stageIteration }) => stageIteration)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(hands.map(({ type }) => type)).toEqual([...Array<string>(7).fill('interception_step'), 'interception']);
    expect(hands.at(-1)?.text).toBe(text);
    expect(items.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).toSorted((a, b) => a - b));
    expect([items[0]?.type, items.at(-1)?.type]).toEqual(['run_start', 'run_end']);
  });

  it('makes several outputs, and a failing one does not stop the other', async () => {
    using place = openWorkplace();
    const outputs = join(place.data, 'definitions', 'outputs');
    await place.run(['init', '--data', place.data]);
    const { mkdirSync } = await import('node:fs');
    mkdirSync(outputs, { recursive: true });
    writeFileSync(join(outputs, 'huge.yaml'), 'name: Huge\nmedium: image\nwidth: 4096\nheight: 4096\n');
    const both = await runJson(place, 'dada', CAT, '--output', 'image,text');
    const { items } = await showJson(place, both.runId);
    expect(new Set(items.map(({ loopIteration }) => loopIteration))).toEqual(new Set([null, 1, 2]));
    const mixed = await runJson(place, 'dada', CAT, '--output', 'huge,text');
    expect([mixed.exit, mixed.state]).toEqual([0, 'succeeded']);
    expect(mixed.outputs.map(({ state }) => state)).toEqual(['failed', 'succeeded']);
    const shown = await showJson(place, mixed.runId);
    expect(shown.run.problems).toEqual([{ stepPath: 'outputs[1]', state: 'failed', code: 'INPUT_INVALID' }]);
    expect((await place.run(['run', 'dada', CAT, '--output', 'huge,text', '--strict'])).code).toBe(1);
    expect((await runJson(place, 'dada', CAT, '--output', 'huge')).exit).toBe(2);
  });

  it('takes an edited task and context, parameters, a file and standard input', async () => {
    using place = openWorkplace();
    const file = join(place.folder, 'poem.txt');
    writeFileSync(file, 'The old lighthouse tells a young gull about the storm');
    const edited = await runJson(
      place,
      'your-own',
      '--input-file',
      file,
      '--task',
      'Turn it round.',
      '--context',
      'Backwards.',
    );
    expect(edited.text).toBe('The old lighthouse tells a young gull about the storm');
    const folder = join(edited.outputs[0]?.artifacts[0]?.path ?? '', '..');
    expect(readFileSync(join(folder, 'work', '02_task.txt'), 'utf8')).toBe('Turn it round.');
    expect(readFileSync(join(folder, 'work', '03_context.txt'), 'utf8')).toBe('Backwards.');
    const { exit, runId } = await place.json<Result>(['run', 'stille-post', '--set', 'hands=3'], {
      stdin: 'A cat on a roof',
    });
    expect(exit).toBe(0);
    expect((await showJson(place, runId)).items.filter(({ stageIteration }) => stageIteration !== null)).toHaveLength(
      3,
    );
  });

  it('leaves the work to a worker when detached', async () => {
    using place = openWorkplace();
    const id = (await place.run(['run', 'bauhaus', CAT, '--detach'])).stdout.trim();
    expect((await place.json<{ run: { state: string } }>(['runs', 'show', id])).run.state).toBe('pending');
    expect((await place.run(['worker', '--once'])).code).toBe(0);
    expect((await place.json<{ run: { state: string } }>(['runs', 'show', id])).run.state).toBe('succeeded');
  });
});

describe('the run folder', () => {
  it('reads without Stemma', async () => {
    using place = openWorkplace();
    const { outputs, runId } = await runJson(place, 'dada', CAT);
    const folder = join(outputs[0]?.artifacts[0]?.path ?? '', '..');
    const day = new Date(Number.parseInt(runId.replaceAll('-', '').slice(0, 12), 16)).toISOString().slice(0, 10);
    expect(folder).toBe(join(place.data, 'runs', ...day.split('-'), runId));
    const names = readdirSync(folder).toSorted();
    expect(names).toEqual([
      '01_input.txt',
      '02_safety_input.json',
      '03_translation.txt',
      '04_interception.txt',
      '05_safety_output.json',
      '06_output_image.png',
      'definitions',
      'metadata.json',
      'work',
    ]);
    expect(readFileSync(join(folder, '01_input.txt'), 'utf8')).toBe(CAT);
    expect(existsSync(join(folder, 'definitions', 'configs', 'dada.yaml'))).toBe(true);
    const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8')) as {
      state: string;
      signature: unknown;
    };
    expect([metadata.state, metadata.signature]).toEqual([
      'succeeded',
      { keyId: expect.any(String), value: expect.any(String) },
    ]);
  });
});
