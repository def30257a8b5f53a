import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';
import type { Workplace } from '../support/cli.ts';

const PIPELINE = `title: A long chain
steps:
  - { id: hand, use: whisper, repeat: { times: parameters.hands, max: 10000 } }
`;
const CONFIG = 'name: Long\npipeline: long\nparameters: { hands: 300 }\n';
const HANDS = 300;

/** A workplace with a config that takes seconds, whatever the machine. */
function openLongWorkplace(): Workplace {
  const place = openWorkplace();
  for (const [kind, text] of [
    ['pipelines', PIPELINE],
    ['configs', CONFIG],
  ] as const) {
    mkdirSync(join(place.data, 'definitions', kind), { recursive: true });
    writeFileSync(join(place.data, 'definitions', kind, 'long.yaml'), text);
  }
  return place;
}

interface Shown {
  readonly run: { readonly state: string };
  readonly steps: readonly { readonly path: string; readonly state: string; readonly attempts: number }[];
}

/** Until some hands have written their text. */
async function someHandsIn(place: Workplace): Promise<void> {
  while (globSync(`${place.data}/runs/*/*/*/*/work/*_interception_step.txt`).length < 3) await sleep(5);
}

/** Starts the long run, and lets a person act in the middle of it. */
async function during(place: Workplace, hands: number, act: (child: ReturnType<Workplace['start']>) => void) {
  const child = place.start([
    'run',
    'long',
    'The old lighthouse tells of the storm',
    '--set',
    `hands=${hands}`,
    '--json',
  ]);
  const over = place.ended(child);
  await someHandsIn(place);
  act(child);
  const { code, stdout, stderr } = await over;
  return { code, stderr, run: JSON.parse(stdout) as { runId: string; state: string } };
}

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  it('pauses the run, says how to go on, and the run resumes without doing a finished step again', async () => {
    using place = openLongWorkplace();
    const { code, stderr, run } = await during(place, HANDS, (child) => child.kill('SIGINT'));
    expect([code, run.state]).toEqual([130, 'paused']);
    expect(stderr).toContain(`stemma runs resume ${run.runId}`);
    const before = await place.json<Shown>(['runs', 'show', run.runId]);
    expect(before.steps.filter(({ state }) => state === 'succeeded').length).toBeLessThan(HANDS);
    expect((await place.json<{ state: string }>(['runs', 'resume', run.runId])).state).toBe('succeeded');
    const { steps } = await place.json<Shown>(['runs', 'show', run.runId]);
    const hands = steps.filter(({ path }) => path.startsWith('hand['));
    expect(hands.map(({ state, attempts }) => [state, attempts])).toEqual(
      Array.from({ length: HANDS }, () => ['succeeded', 1]),
    );
    expect((await place.run(['runs', 'verify', run.runId])).code).toBe(0);
  });

  it('pauses a run that is resumed, and says how to go on', async () => {
    using place = openLongWorkplace();
    const id = (
      await place.run(['run', 'long', 'The old lighthouse', '--set', 'hands=10000', '--detach'])
    ).stdout.trim();
    const child = place.start(['runs', 'resume', id]);
    const over = place.ended(child);
    await someHandsIn(place);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await over;
    expect([code, stdout]).toEqual([130, `${id} paused\n`]);
    expect(stderr).toContain(`stemma runs resume ${id}`);
  });
});

describe('another process', () => {
  it('cancels a run that is held, for good', async () => {
    using place = openLongWorkplace();
    const id = { run: '' };
    const canceled = Promise.withResolvers<number | null>();
    const { code, run } = await during(place, 10_000, () => {
      id.run = basename(globSync(`${place.data}/runs/*/*/*/*`)[0] ?? '');
      void place.run(['runs', 'cancel', id.run]).then((result) => canceled.resolve(result.code));
    });
    expect([await canceled.promise, code, run.state]).toEqual([0, 1, 'canceled']);
    const again = await place.json<{ error: { code: string } }>(['runs', 'cancel', id.run]);
    expect([again.exit, again.error.code]).toEqual([5, 'STATE_CONFLICT']);
  });

  it('cancels a run whose holder was killed', async () => {
    using place = openLongWorkplace();
    const child = place.start(['run', 'long', 'The old lighthouse tells of the storm', '--set', 'hands=10000']);
    const over = place.ended(child);
    await someHandsIn(place);
    child.kill('SIGKILL');
    await over;
    const id = basename(globSync(`${place.data}/runs/*/*/*/*`)[0] ?? '');
    expect(await place.json(['runs', 'cancel', id])).toMatchObject({ exit: 0, state: 'canceled' });
    expect((await place.run(['runs', 'verify', id])).code).toBe(0);
  });

  it('cancels a run that nobody holds', async () => {
    using place = openWorkplace();
    const id = (await place.run(['run', 'dada', 'A cat on the roof', '--detach'])).stdout.trim();
    expect((await place.json<{ state: string }>(['runs', 'pause', id])).state).toBe('paused');
    expect((await place.json<{ state: string }>(['runs', 'cancel', id])).state).toBe('canceled');
  });
});
