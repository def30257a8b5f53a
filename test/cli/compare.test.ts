import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';

const TEXT = 'A cat sits on the roof';
const dada = (seed: number) => ['run', 'dada', TEXT, '--output', 'text', '--seed', String(seed)];

describe('stemma runs diff and replay', () => {
  it('tell whether two runs hold the same bytes', async () => {
    using place = openWorkplace();
    const [one, two, three] = [
      await place.json<{ runId: string }>(dada(7)),
      await place.json<{ runId: string }>(dada(7)),
      await place.json<{ runId: string }>(dada(8)),
    ];
    const same = await place.run(['runs', 'diff', one.runId, two.runId, '--exact']);
    expect([same.code, same.stdout]).toEqual([0, expect.stringMatching(/^Same bytes: \d+ artifacts\.\n$/)]);
    const other = await place.json(['runs', 'diff', one.runId, three.runId, '--exact']);
    expect(other).toMatchObject({ exit: 9, difference: { stepPath: 'interception[1]', type: 'interception' } });
    const drawn = await place.run(['runs', 'diff', one.runId, three.runId]);
    expect([drawn.code, drawn.stdout]).toEqual([0, expect.stringContaining('seed: 7 | 8')]);
  });

  it('carry a run out again from its record', async () => {
    using place = openWorkplace();
    const { runId } = await place.json<{ runId: string }>(dada(7));
    const replay = await place.json(['runs', 'replay', runId]);
    expect(replay).toMatchObject({ exit: 0, replayOf: runId, state: 'succeeded', exact: { difference: null } });
    const drawn = await place.run(['runs', 'replay', runId, '--watch']);
    expect([drawn.code, drawn.stdout]).toEqual([0, expect.stringContaining('Nobody was called.')]);
    expect((await place.run(['runs', 'replay', '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10'])).code).toBe(4);
  });
});
