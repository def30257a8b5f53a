import { describe, expect, test } from 'vitest';
import {
  attemptEnds,
  done,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  settle,
  testStage,
  until,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { TestRun } from '../../../test/support/engine-fixtures.ts';

const append = testStage('test.append', async ({ prompt }, context) => {
  const before = prompt === undefined ? '-' : await context.text(prompt);
  return wrote(context, `${before}>${context.stepPath}`);
});
const bad = testStage('test.bad', () => failed('PROVIDER_REFUSED'));
const look = testStage('test.look', () => done({ safe: true }), { writes: 'nothing' });
const stages = [append, bad, look];

type Step = Readonly<Record<string, unknown>>;
const use = (id: string, more: object = {}, chunk = 'test-append'): Step => ({ id, use: chunk, ...more });

async function tell(steps: readonly Step[], run: TestRun = {}) {
  await using engine = await openTestEngine({ stages, steps });
  const runId = await engine.submit({ text: 'cat', ...run });
  const events = await engine.finish(runId);
  const texts: Record<string, string> = {};
  for (const { stepPath, data } of ofType(events, 'attempt.ended')) {
    const [first] = data.outputs;
    if (first !== undefined && data.state === 'succeeded') texts[String(stepPath)] = await engine.textOf(first);
  }
  const skipped = ofType(events, 'step.skipped').map(({ stepPath, data }) => `${stepPath} ${data.because}`);
  return { texts, skipped, ends: attemptEnds(events), end: endOfRun(events) };
}

describe('steps with needs', () => {
  test('start as soon as what they need has ended, whatever their order, and run side by side', async () => {
    const working = Promise.withResolvers<void>();
    let now = 0;
    const slow = testStage('test.slow', async (_input, context) => {
      now += 1;
      await working.promise;
      return wrote(context, context.stepPath);
    });
    const steps = [
      use('last', { needs: ['left', 'right'] }, 'test-slow'),
      use('left', { needs: [] }, 'test-slow'),
      use('right', { needs: [] }, 'test-slow'),
    ];
    await using engine = await openTestEngine({ stages: [slow], steps });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => now === 2);
    await settle();
    expect(now).toBe(2);
    working.resolve();
    await session;
    const paths = ofType(await engine.events(runId), 'attempt.started').map(({ stepPath }) => stepPath);
    expect(paths).toEqual(['left', 'right', 'last']);
  });

  test('go on with the text of the last step they need that wrote one', async () => {
    const { texts } = await tell([
      use('a'),
      use('b', { needs: ['a'] }),
      use('c', { needs: ['a'] }),
      use('check', { needs: ['b'] }, 'test-look'),
      use('one', { needs: ['c', 'b'] }),
      use('two', { needs: ['b', 'c', 'check'] }),
      use('three', { needs: ['check'] }),
      use('four', { needs: [] }),
    ]);
    expect(texts).toMatchObject({
      one: 'cat>a>b>one',
      two: 'cat>a>c>two',
      three: 'cat>a>b>three',
      four: 'cat>four',
    });
  });

  test('go back along the line where what they need was skipped', async () => {
    const { texts, skipped } = await tell(
      [
        use('a'),
        use('b', { when: 'parameters.wanted' }),
        use('look', { needs: [] }, 'test-look'),
        use('end', { needs: ['b', 'look'] }),
      ],
      { parameters: { wanted: false } },
    );
    expect(skipped).toEqual(['b condition']);
    expect(texts['end']).toBe('cat>a>end');
  });

  test('give a container the text of the steps that no other one needs', async () => {
    const inner = [use('a'), use('b', { needs: [] }), use('check', { needs: ['b'] }, 'test-look')];
    const { texts } = await tell([{ id: 'round', repeat: { times: 1 }, steps: inner }, use('after')]);
    expect(texts['after']).toBe('cat>round[1].a>after');
  });

  test('are skipped all the way down behind a failure; the other branches come to their end', async () => {
    const { skipped, texts, end } = await tell([
      use('bad', {}, 'test-bad'),
      use('one'),
      use('two'),
      use('free', { needs: [] }),
      use('freeToo'),
      use('both', { needs: ['freeToo', 'two'] }),
    ]);
    expect(skipped).toEqual(['one dependency', 'two dependency', 'both dependency']);
    expect(texts['freeToo']).toBe('cat>free>freeToo');
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_REFUSED' } });
  });

  test('run behind a failure that may be passed by', async () => {
    const { texts, skipped, end } = await tell([use('bad', { continueOn: ['failed'] }, 'test-bad'), use('one')]);
    expect([texts, skipped, end]).toEqual([{ one: 'cat>one' }, [], { state: 'succeeded' }]);
  });

  test('end as the first of the list that has stopped others', async () => {
    const blocks = testStage('test.blocks', async ({ prompt }, context) => {
      const { verdict } = await context.check(prompt ?? ({} as never), 'look');
      return { state: 'blocked', verdict };
    });
    const states = async (first: string, second: string) => {
      const steps = [use('first', { needs: [] }, first), use('second', { needs: [] }, second)];
      await using engine = await openTestEngine({ stages: [bad, blocks], steps });
      return endOfRun(await engine.run())?.state;
    };
    expect(await states('test-bad', 'test-blocks')).toBe('failed');
    expect(await states('test-blocks', 'test-bad')).toBe('blocked');
  });
});

describe('a graph that is stopped in the middle', () => {
  const fork = [
    use('left', { needs: [] }, 'test-hold'),
    use('right', { needs: [] }, 'test-hold'),
    use('leftToo', { needs: ['left'] }),
    use('last', { needs: ['leftToo', 'right'] }),
  ];

  async function begun() {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const hold = testStage('test.hold', async (_input, context) => {
      const gate = Promise.withResolvers<void>();
      gates.set(context.stepPath, gate);
      await gate.promise;
      return wrote(context, context.stepPath);
    });
    const engine = await openTestEngine({ stages: [append, hold], steps: fork });
    const runId = await engine.submit();
    const leave = new AbortController();
    const session = engine.session(runId, leave.signal);
    await until(() => gates.size === 2);
    const open = (path: string): void => gates.get(path)?.resolve();
    return { engine, runId, session, open, leave, gates };
  }

  test('by cancel has an end for every step', async () => {
    const { engine, runId, session } = await begun();
    await using _engine = engine;
    await engine.send(runId, 'cancel');
    expect(await session).toEqual({ kind: 'ended' });
    const fold = await engine.fold(runId);
    expect(fold.state).toBe('canceled');
    expect([...fold.steps].map(([path, { state }]) => `${path} ${state}`)).toEqual([
      'left canceled',
      'right canceled',
      'leftToo skipped',
      'last skipped',
    ]);
  });

  test.each(['pause', 'leave'] as const)('by %s lets running steps finish, and goes on where it was', async (how) => {
    const { engine, runId, session, open, leave, gates } = await begun();
    await using _engine = engine;
    if (how === 'leave') leave.abort();
    else await engine.send(runId, 'pause');
    await settle();
    open('left');
    open('right');
    expect((await session).kind).toBe(how === 'pause' ? 'paused' : 'released');
    expect([...(await engine.fold(runId)).steps.keys()]).toEqual(['left', 'right']);
    if (how === 'pause') await engine.send(runId, 'resume');
    expect(endOfRun(await engine.finish(runId))).toEqual({ state: 'succeeded' });
    expect(gates.size).toBe(2);
    expect([...(await engine.fold(runId)).steps.keys()]).toEqual(['left', 'right', 'leftToo', 'last']);
  });
});
