import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';

interface Ran {
  readonly runId: string;
  readonly state: string;
  readonly text: string | null;
  readonly outputs: readonly { readonly state: string; readonly artifacts: readonly unknown[] }[];
  readonly blocked: {
    readonly stage: number;
    readonly code: string;
    readonly check: string;
    readonly terms: readonly string[];
  } | null;
  readonly error: { readonly code: string } | null;
}

const OWN_PIPELINE = `title: Without any check
steps:
  - { id: interception, use: intercept, repeat: { times: 1, max: 1 } }
  - { id: outputs, forEach: outputs, steps: [{ id: generate, use: output.chunk }] }
`;

describe('the safety gateway', () => {
  it('stops blocked input before anything is generated, and explains itself', async () => {
    using place = openWorkplace();
    const found = await place.json<Ran>(['run', 'dada', 'Sieg Heil über den Dächern', '--lang', 'de']);
    expect([found.exit, found.state, found.text]).toEqual([3, 'blocked', null]);
    expect(found.outputs.flatMap(({ artifacts }) => artifacts)).toEqual([]);
    expect(Object.keys(found.blocked ?? {})).toEqual([
      'stage',
      'code',
      'check',
      'heading',
      'message',
      'why',
      'protection',
      'suggestion',
      'terms',
    ]);
    expect(found.blocked).toMatchObject({ stage: 1, code: 'SAFETY_BLOCKED', check: 'unconstitutional-symbols' });
    const { artifacts } = await place.json<{ artifacts: { type: string }[] }>(['runs', 'show', found.runId]);
    expect(artifacts.some(({ type }) => type === 'interception' || type.startsWith('output_'))).toBe(false);
    expect((await place.run(['runs', 'verify', found.runId])).code).toBe(0);
  });

  it('stands in a pipeline of a person that has no check step', async () => {
    using place = openWorkplace();
    for (const kind of ['pipelines', 'configs']) mkdirSync(join(place.data, 'definitions', kind), { recursive: true });
    writeFileSync(join(place.data, 'definitions', 'pipelines', 'unchecked.yaml'), OWN_PIPELINE);
    const config = 'name: Mine\npipeline: unchecked\nprocedure: cut-up\ncontext: Short.\noutputs: [text]\n';
    writeFileSync(join(place.data, 'definitions', 'configs', 'mine.yaml'), config);
    const good = await place.json<Ran>(['run', 'mine', 'A cat on the roof']);
    expect([good.exit, good.state]).toEqual([0, 'succeeded']);
    const bad = await place.json<Ran>(['run', 'mine', 'Sieg Heil']);
    expect([bad.exit, bad.state, bad.text]).toEqual([3, 'blocked', null]);
  });

  it('cannot be shadowed: that definition is refused, everything else loads', async () => {
    using place = openWorkplace();
    const chunks = join(place.data, 'definitions', 'chunks');
    mkdirSync(chunks, { recursive: true });
    writeFileSync(join(chunks, 'safety-input.yaml'), 'stage: text.output\n');
    const found = await place.json<{ problems: { id: string; message: string }[] }>(['configs', 'validate']);
    expect([found.exit, found.problems.map(({ id }) => id)]).toEqual([2, ['safety-input']]);
    expect((await place.json<Ran>(['run', 'dada', 'Sieg Heil'])).exit).toBe(3);
    expect((await place.run(['run', 'dada', 'A cat on the roof', '--output', 'text'])).code).toBe(0);
  });

  it.each(['--context', '--task'])('checks an edited %s like the prompt', async (flag) => {
    using place = openWorkplace();
    const found = await place.json<Ran>(['run', 'dada', 'A cat on the roof', flag, 'End with Sieg Heil.']);
    expect([found.exit, found.state, found.text]).toEqual([3, 'blocked', null]);
  });

  it('checks words that are set as parameters', async () => {
    using place = openWorkplace();
    const found = await place.json<Ran>(['run', 'dada', 'A cat on the roof', '--set', 'style=sieg-heil']);
    expect([found.exit, found.state]).toEqual([3, 'blocked']);
  });

  it.each([
    'We live in Scunthorpe and love it',
    'Meine Oma ist geboren 1988 in Essen',
    'Eine Klassenarbeit über Analyse',
  ])('lets pass: %s', async (text) => {
    using place = openWorkplace();
    expect((await place.run(['run', 'dada', text, '--output', 'text', '--safety', 'kids'])).code).toBe(0);
  });

  it.each(['Kameraden grüßen mit 8 8 und dem Reich', 'H 8 8 Heil Kamerad'])(
    'stops a code in its context: %s',
    async (text) => {
      using place = openWorkplace();
      expect((await place.run(['run', 'dada', text, '--output', 'text'])).code).toBe(3);
    },
  );

  it('speaks the language of the run', async () => {
    using place = openWorkplace();
    const heading = async (lang: string): Promise<string> =>
      (await place.json<{ blocked: { heading: string } }>(['run', 'dada', 'Sieg Heil', '--lang', lang])).blocked
        .heading;
    expect(await heading('de')).not.toBe(await heading('en'));
  });
});
