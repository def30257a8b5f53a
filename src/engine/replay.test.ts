import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameBytes } from '../core/same-bytes.ts';
import type { RunId } from '../core/ids.ts';
import type { RunEvent } from '../core/events.ts';
import type { Outcome, Provider } from '../core/stage.ts';
import { flowReview } from '../stages/flow/review.ts';
import { flowSignal } from '../stages/flow/signal.ts';
import {
  askStage,
  attemptEnds,
  endOfRun,
  FORBIDDEN_WORD,
  ofType,
  openTestEngine,
  path,
  recordingProvider,
  testStage,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine, TestEngineOptions, TestRun } from '../../test/support/engine-fixtures.ts';
import { faulty, lab, replied } from '../../test/support/test-providers.ts';
import { compilePolicy } from './safety/policy.ts';
import { StemmaError } from '../core/errors.ts';

const ask = { id: 'ask', use: 'test-ask', with: { prompt: 'input.text' } };
const single: TestEngineOptions = { stages: [askStage], steps: [ask] };

/** Submitted here, carried out where no provider is: whatever is asked of one fails. */
async function replayed(
  engine: TestEngine,
  of: RunId,
  { run = {}, changes = {} }: { readonly run?: TestRun; readonly changes?: Partial<TestEngineOptions> } = {},
): Promise<{ readonly runId: RunId; readonly events: RunEvent[] }> {
  const runId = await engine.submit({ ...run, created: { replayOf: of } });
  await using elsewhere = await engine.beside({ providers: [], ...changes });
  return { runId, events: await elsewhere.finish(runId) };
}

const compare = async (engine: TestEngine, one: RunId, other: RunId) =>
  sameBytes(await engine.artifacts(one), await engine.artifacts(other));

async function recorded(engine: TestEngine, run: TestRun = {}): Promise<RunId> {
  const runId = await engine.submit(run);
  await engine.finish(runId);
  return runId;
}

/** Writes the reply's file as it came, or with a sign of its own. */
const pictureStage = (mark: string) =>
  testStage(
    'test.picture',
    async ({ prompt }, context) => {
      if (prompt === undefined) throw new Error('no prompt');
      const result = await context.call({ prompt: await context.cleared(prompt), width: 1, height: 1 });
      if (!result.ok || !('media' in result.value)) throw new Error('no picture');
      const written = [];
      for (const { body } of result.value.media) {
        const own = typeof body === 'string' ? body : new TextDecoder().decode(body);
        written.push(await context.write({ type: 'output_image', body: own + mark }));
      }
      return { state: 'done', facts: {}, artifacts: written } satisfies Outcome;
    },
    { calls: 'image.generate', writes: 'media' },
  );

const painter: Provider = {
  id: 'painter',
  location: 'hosted',
  offers: {
    'image.generate': {
      models: ['m'],
      limits: {},
      estimate: () => ({ costMicroUsd: 5 }),
      async call() {
        const media = [
          { type: 'image', body: 'a drawing' },
          { type: 'image', body: new TextEncoder().encode('a painting'), width: 3 },
        ];
        return { ok: true, value: { media }, model: 'm', usage: { images: 2, costMicroUsd: 5 } };
      },
    },
  },
  check: async () => ({ reachable: true, models: ['m'], latencyMs: 0 }),
};

describe('a replay', () => {
  it('has the same bytes and calls nobody', async () => {
    const provider = lab({ answer: () => replied('the sea', { tokensIn: 3, tokensOut: 2, costMicroUsd: 900 }) });
    await using engine = await openTestEngine({ ...single, providers: [provider] });
    const first = await recorded(engine);
    const known = await engine.engine.routes.of(['lab/m']);
    const { runId, events } = await replayed(engine, first);
    expect(await compare(engine, first, runId)).toEqual({ same: 2, difference: null });
    expect(await engine.engine.routes.of(['lab/m'])).toEqual(known);
    expect(provider.calls).toHaveLength(1);
    expect(ofType(events, 'attempt.started')[0]?.data.route).toMatchObject({ chosen: 'lab/m', replayed: true });
    expect(ofType(events, 'attempt.ended')[0]?.data).toMatchObject({
      provider: 'lab',
      model: 'm',
      usage: { tokensIn: 3, tokensOut: 2, costMicroUsd: 0 },
      priced: 'yes',
    });
  });

  it('can be replayed itself', async () => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const second = await replayed(engine, await recorded(engine));
    const third = await replayed(engine, second.runId);
    expect(await compare(engine, second.runId, third.runId)).toMatchObject({ difference: null });
  });

  it('fails where calls failed, and waits for no retry', async () => {
    const provider = lab({
      answer: (call) => {
        if (call === 1) throw new StemmaError('PROVIDER_UNREACHABLE', 'nobody there');
        return call === 2 ? faulty('PROVIDER_RATE_LIMITED', { retryAfterMs: 60_000 }) : replied('at last');
      },
    });
    await using engine = await openTestEngine({ ...single, providers: [provider] });
    const first = await recorded(engine);
    const before = engine.clock.now();
    const { runId, events } = await replayed(engine, first);
    expect(attemptEnds(events)).toEqual(['ask#1 failed', 'ask#2 failed', 'ask#3 succeeded']);
    expect(ofType(events, 'run.waiting')).toEqual([]);
    expect(engine.clock.now()).toBe(before);
    expect(await compare(engine, first, runId)).toMatchObject({ difference: null });
  });

  it('moves on to the next candidate as the run did', async () => {
    const dear = lab({ id: 'dear', answer: () => faulty('PROVIDER_AUTH') });
    const cheap = lab({ id: 'cheap' });
    await using engine = await openTestEngine({ ...single, providers: [dear, cheap] });
    const { events } = await replayed(engine, await recorded(engine));
    expect(ofType(events, 'attempt.started').map(({ data }) => data.route?.chosen)).toEqual(['dear/m', 'cheap/m']);
    expect(endOfRun(events)?.state).toBe('succeeded');
  });

  it('ends as the run did that found nobody to call', async () => {
    await using engine = await openTestEngine({ ...single, providers: [] });
    const { events } = await replayed(engine, await recorded(engine));
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'NO_CANDIDATE' } });
  });

  it('times out where a call did', async () => {
    const provider = lab({ answer: () => new Promise(() => {}) });
    const steps = [{ ...ask, timeoutMs: 50, retry: { maxAttempts: 1 } }];
    await using engine = await openTestEngine({ ...single, steps, providers: [provider] });
    const runId = await engine.submit();
    const ending = engine.finish(runId);
    await expect.poll(() => provider.calls.length).toBe(1);
    engine.clock.advance(50);
    await ending;
    const { events } = await replayed(engine, runId);
    expect(attemptEnds(events)).toEqual(['ask#1 timedOut']);
    expect(endOfRun(events)?.fault?.code).toBe('STEP_TIMEOUT');
  });

  it.each(['', ' (edited)'])('has the files of a reply that a stage wrote with "%s"', async (mark) => {
    const stages = [pictureStage(mark)];
    const steps = [{ id: 'paint', use: 'test-picture', with: { prompt: 'input.text' } }];
    await using engine = await openTestEngine({ stages, steps, providers: [painter] });
    const first = await recorded(engine);
    const kept = (await engine.artifacts(first)).filter(({ type }) => type === 'received');
    expect(kept).toHaveLength(mark === '' ? 0 : 2);
    const { runId } = await replayed(engine, first);
    expect(await compare(engine, first, runId)).toEqual({ same: 3, difference: null });
  });

  it.each([2, 3, 4, 5, 6])('goes on as a replay after a crash at commit %i', async (last) => {
    const two = { id: 'again', use: 'test-ask', with: { prompt: 'steps.ask.text' } };
    const provider = recordingProvider();
    await using engine = await openTestEngine({ ...single, steps: [ask, two], providers: [provider] });
    const first = await recorded(engine);
    const runId = await engine.submit({ created: { replayOf: first } });
    let commits = 0;
    await using dying: TestEngine = await engine.beside({ providers: [] }, () => {
      commits += 1;
      if (commits === last) dying.die();
    });
    await dying.session(runId).catch(() => {});
    await using next = await dying.crash();
    await next.finish(runId);
    expect(commits).toBeGreaterThanOrEqual(last);
    expect(await compare(engine, first, runId)).toMatchObject({ difference: null });
    expect(provider.seen).toHaveLength(2);
  });
});

describe('a replay whose record has no answer', () => {
  it('ends with REPLAY_MISS and says what is asked otherwise', async () => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const { events } = await replayed(engine, await recorded(engine), { run: { text: 'a large dog' } });
    expect(endOfRun(events)).toMatchObject({
      state: 'failed',
      fault: { code: 'REPLAY_MISS', facts: { path: 'ask', because: 'another-request', differs: 'parts' } },
    });
  });

  it('ends even where the pipeline would go on without the step', async () => {
    const steps = [{ ...ask, continueOn: ['failed', 'blocked'] }];
    await using engine = await openTestEngine({ ...single, steps, providers: [recordingProvider()] });
    const { events } = await replayed(engine, await recorded(engine), { run: { text: 'a large dog' } });
    expect(endOfRun(events)?.fault?.code).toBe('REPLAY_MISS');
  });

  it.each(['exchange', 'missing bytes'])('for want of the %s ends with a reason', async (what) => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const first = await recorded(engine);
    const row = (await engine.artifacts(first)).find(({ type }) => type === 'exchange');
    const body = what === 'exchange' ? JSON.stringify({ value: { media: 2 } }) : 'x';
    await using elsewhere = await engine.beside({ providers: [] });
    if (row !== undefined) elsewhere.altered.set(row.id, new TextEncoder().encode(body));
    const events = await elsewhere.finish(await engine.submit({ created: { replayOf: first } }));
    expect(endOfRun(events)?.fault?.facts).toEqual({ path: 'ask', because: 'content-missing' });
  });

  it('because the run never came there, ends so', async () => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const first = await recorded(engine, { text: FORBIDDEN_WORD });
    const { events } = await replayed(engine, first, { run: { text: 'harmless' } });
    expect(endOfRun(events)?.fault?.facts).toEqual({ path: 'ask', because: 'no-exchange' });
  });

  it('ends as a run that was canceled was', async () => {
    const provider = lab({ answer: () => new Promise(() => {}) });
    await using engine = await openTestEngine({ ...single, providers: [provider] });
    const runId = await engine.submit();
    const ending = engine.finish(runId);
    await expect.poll(() => provider.calls.length).toBe(1);
    await engine.send(runId, 'cancel');
    await ending;
    const { events } = await replayed(engine, runId);
    expect(endOfRun(events)).toEqual({ state: 'canceled' });
  });
});

describe('verdicts in a replay', () => {
  const policyOf = (term: string) => {
    const source = 'words made up for this test';
    const list = { id: 'words', check: 'age', class: 'hard', languages: ['en'], source, terms: [term] };
    return compilePolicy([{ id: 'made-up', version: '2', jurisdiction: 'any', lists: [list] }]);
  };

  it('are those that were recorded; another one now is reported', async () => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const first = await recorded(engine);
    const { runId, events } = await replayed(engine, first, { changes: { policy: policyOf('small') } });
    expect(endOfRun(events)?.state).toBe('succeeded');
    const notes = ofType(events, 'note').map(({ data, stepPath }) => ({ ...data, stepPath }));
    expect(notes).toContainEqual({
      kind: 'verdict.differs',
      stepPath: 'ask',
      facts: { type: 'input', recorded: 'pass', now: 'block', recordedCheck: 'lists', nowCheck: 'age' },
    });
    expect(await compare(engine, first, runId)).toMatchObject({ difference: null });
  });

  it('block again what would pass now', async () => {
    await using engine = await openTestEngine({ ...single, providers: [recordingProvider()] });
    const first = await recorded(engine, { text: `a ${FORBIDDEN_WORD}` });
    const run = { text: `a ${FORBIDDEN_WORD}` };
    const { events } = await replayed(engine, first, { run, changes: { policy: policyOf('nothing') } });
    expect(endOfRun(events)?.state).toBe('blocked');
    expect(ofType(events, 'note').map(({ data }) => data.facts['now'])).toEqual(['pass']);
  });
});

describe('what a run waited for', () => {
  const steps = [
    { id: 'ok', review: 'Is it good?', options: ['approve', 'reject'], expiresMs: 5000, byDefault: 'approve' },
    { id: 'form', waitFor: 'form.filled' },
    { id: 'other', waitFor: 'form.filled', needs: [] },
    { ...ask, needs: ['form', 'other'], with: { prompt: 'steps.form.text' } },
  ];
  const options = { stages: [flowReview, flowSignal, askStage], steps, providers: [recordingProvider()] };

  it('is answered as it was, with everything that came with the answer', async () => {
    await using engine = await openTestEngine({ ...options });
    const runId = await engine.submit();
    await engine.session(runId);
    const decision = {
      type: 'decide',
      by: 'teacher',
      stepPath: path('ok'),
      choice: 'approve',
      note: 'well done',
    } as const;
    await engine.store.queue.send(runId, decision);
    await engine.session(runId);
    for (const body of ['first', 'second'])
      await engine.store.queue.send(runId, { type: 'signal', by: 'form', name: 'form.filled', body });
    await engine.finish(runId);
    const again = await replayed(engine, runId);
    expect(endOfRun(again.events)?.state).toBe('succeeded');
    expect(ofType(again.events, 'review.decided')[0]?.data).toMatchObject({ choice: 'approve', by: 'replay' });
    expect(await compare(engine, runId, again.runId)).toMatchObject({ difference: null });
  });

  it('and nobody answered in time is over at once', async () => {
    await using engine = await openTestEngine({ ...options, steps: steps.slice(0, 1) });
    const first = await recorded(engine);
    const { events } = await replayed(engine, first);
    expect(ofType(events, 'review.expired')[0]?.data).toEqual({ choice: 'approve' });
    expect(endOfRun(events)?.state).toBe('succeeded');
  });
});

describe('whatever a run went through', () => {
  const odd = testStage('test.odd', async ({ prompt }, context) => {
    const text = prompt === undefined ? '' : await context.text(prompt);
    return wrote(context, `${text}.`, { odd: text.length % 2 === 1 });
  });
  const loop = { id: 'loop', use: 'test-ask', with: { prompt: 'previous.text' }, repeat: { times: 3 } };
  const steps = [
    { ...ask, retry: { maxAttempts: 3, baseMs: 10, maxMs: 10 }, continueOn: ['failed'] },
    { id: 'mark', use: 'test-odd', with: { prompt: 'previous.text' } },
    { ...loop, continueOn: ['failed'] },
    { id: 'side', use: 'test-ask', with: { prompt: 'input.text' }, needs: ['ask'], continueOn: ['failed'] },
    { id: 'end', use: 'test-odd', with: { prompt: 'previous.text' } },
  ];

  it('its replay has the same bytes, ends the same and calls nobody', async () => {
    const fates = fc.array(fc.constantFrom('fine', 'fine', 'busy', 'throws', 'refused'), {
      minLength: 12,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fates, fc.boolean(), async (fate, quits) => {
        const provider = lab({
          answer: (call) => {
            const next = fate[call % fate.length];
            if (next === 'throws') throw new Error('cut');
            if (next === 'busy') return faulty('PROVIDER_RATE_LIMITED');
            return next === 'refused' ? faulty('PROVIDER_REFUSED') : replied(`call ${call}`);
          },
        });
        await using engine = await openTestEngine({ stages: [askStage, odd], steps, providers: [provider] });
        const first = await engine.submit();
        const before = endOfRun(await engine.finish(first));
        const calls = provider.calls.length;
        const again = await replayed(engine, first, { changes: quits ? {} : { providers: [provider] } });
        expect(endOfRun(again.events)?.state).toBe(before?.state);
        expect(await compare(engine, first, again.runId)).toMatchObject({ difference: null });
        expect(provider.calls).toHaveLength(calls);
      }),
      { numRuns: 40 },
    );
  });
});
