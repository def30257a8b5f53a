import { describe, expect, test } from 'vitest';
import {
  askStage,
  attemptEnds,
  done,
  endOfRun,
  ofType,
  openTestEngine,
  settle,
  stateOf,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import { lab } from '../../test/support/test-providers.ts';
import { StemmaError } from '../core/errors.ts';
import type { StepPath } from '../core/ids.ts';
import type { Instant } from '../core/ids.ts';

const DOLLAR = { costMicroUsd: 1_000_000 };

test('hot loop', async () => {
  const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
  await using engine = await openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask' }], providers: [provider], limits: { budgets: { day: { limitMicroUsd: 1, mode: 'ask' } } } });
  const runId = await engine.submit();
  expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'person' });
  await engine.store.queue.send(runId, { type: 'decide', by: 'teacher', stepPath: 'ask' as StepPath, choice: 'approve' });
  for (let i = 0; i < 5; i += 1) { engine.engine.breakers.enter('lab/m')?.end('down'); await settle(); }
  expect(engine.engine.breakers.barOf('lab/m')).toBeDefined();
  expect(await engine.session(runId)).toMatchObject({ kind: 'waiting', for: 'time' });
});

test('poison signal', async () => {
  await using engine = await openTestEngine({ stages: [testStage('test.wait', (_i, c) => c.answer === undefined ? { state: 'waiting', wait: { for: 'signal', name: 'go' } } : wrote(c, 'x'))], steps: [{ id: 'ask', use: 'test-wait' }] });
  const runId = await engine.submit();
  expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'signal' });
  engine.refuseFile = (type) => type === 'signal' ? new StemmaError('TOO_LARGE', 'no') : undefined;
  await engine.store.queue.send(runId, { type: 'signal', by: 'teacher', name: 'go', body: 'xxx' });
  const end = await engine.session(runId);
  expect(end).toMatchObject({ kind: 'waiting' });
});

test('run timeout while waiting for a person', async () => {
  await using engine = await openTestEngine({ stages: [testStage('test.wait', (_i, c) => c.answer === undefined ? { state: 'waiting', wait: { for: 'signal', name: 'go' } } : wrote(c, 'x'))], steps: [],
   definitions: { pipelines: { main: { title: 'Main', timeoutMs: 60_000, steps: [{ id: 'ask', use: 'test-wait' }] } } } });
  const runId = await engine.submit();
  expect(await engine.session(runId)).toMatchObject({ kind: 'waiting', for: 'signal' });
  engine.clock.advance(60_000);
  expect(await engine.session(runId)).toEqual({ kind: 'ended' });
  expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
});

test('store trouble while routing', async () => {
  const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
  const other = lab({ id: 'other' });
  await using engine = await openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask' }], providers: [provider, other], prices: { } });
  const profile = 0; void profile;
  const runId = await engine.submit();
  Object.assign(engine.engine, { routes: { of: async () => { throw new StemmaError('STORE_BUSY', 'busy'); } }, ledger: new Proxy(engine.engine.ledger, { get(t, n) { if (n === 'available') return async () => { throw new StemmaError('STORE_BUSY', 'busy'); }; const v: unknown = Reflect.get(t, n); return typeof v === 'function' ? v.bind(t) : v; } }) });
  await using e2 = await engine.beside({ definitions: { profiles: { test: { name: 'T', strategy: 'least_busy', roles: { any: ['lab/m', 'other/m'] } } } } });
  Object.assign(e2.engine, { routes: { of: async () => { throw new StemmaError('STORE_BUSY', 'busy'); } } });
  const r2 = await e2.submit();
  expect(await e2.session(r2)).toMatchObject({ kind: 'broken', error: { code: 'STORE_BUSY' } });
});

test('halts stay', async () => {
  const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
  await using engine = await openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask' }], providers: [provider], limits: { budgets: { config: { limitMicroUsd: 1, mode: 'ask' }, day: { limitMicroUsd: 10, mode: 'halt' } } } });
  const runId = await engine.submit();
  const end = await engine.session(runId);
  if (end.kind === 'waiting') {
    await engine.store.queue.send(runId, { type: 'decide', by: 'teacher', stepPath: 'ask' as StepPath, choice: 'approve' });
    await engine.session(runId);
  }
  expect(provider.calls).toHaveLength(0);
});

test('run time in a session', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const slow = testStage('test.slow', async () => { const g = Promise.withResolvers<void>(); gates.push(g); await g.promise; return done(); }, { writes: 'nothing' });
  await using engine = await openTestEngine({ stages: [slow], steps: [],
   definitions: { pipelines: { main: { title: 'Main', timeoutMs: 60_000, steps: [{ id: 'a', use: 'test-slow' }, { id: 'b', use: 'test-slow' }] } } } });
  const runId = await engine.submit();
  const session = engine.session(runId);
  await until(() => gates.length === 1);
  engine.clock.advance(50_000);
  await engine.send(runId, 'pause');
  await settle();
  await engine.send(runId, 'resume');
  await settle();
  gates[0]?.resolve();
  await until(() => gates.length === 2);
  engine.clock.advance(10_000);
  gates[1]?.resolve();
  await session;
  expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
});

test('run time in a session, halted in between', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const slow = testStage('test.slow', async () => { const g = Promise.withResolvers<void>(); gates.push(g); await g.promise; return done(); }, { writes: 'nothing' });
  await using engine = await openTestEngine({ stages: [slow], steps: [],
   definitions: { pipelines: { main: { title: 'Main', timeoutMs: 60_000, steps: [{ id: 'a', use: 'test-slow' , needs: []}, { id: 'b', use: 'test-slow', needs: [] }, { id: 'c', use: 'test-slow', needs: ['a'] }] } } } });
  const runId = await engine.submit();
  const session = engine.session(runId);
  await until(() => gates.length === 2);
  engine.clock.advance(50_000);
  await engine.send(runId, 'pause');
  await settle();
  gates[0]?.resolve();
  await settle();
  await engine.send(runId, 'resume');
  await settle();
  gates[1]?.resolve();
  await until(() => gates.length === 3);
  engine.clock.advance(10_000);
  await settle();
  gates[2]?.resolve();
  await session;
  expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
});

test('timer after cancel in permits', async () => {
  const gate = Promise.withResolvers<void>();
  const provider = lab({ answer: async () => { await gate.promise; return undefined; } });
  await using engine = await openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask', timeoutMs: 3_600_000 }], providers: [provider], limits: { concurrency: { lab: 1 } } });
  const [first, second] = [await engine.submit(), await engine.submit()];
  const one = engine.session(first);
  await until(() => provider.calls.length === 1);
  let sleeping = 0;
  const clock = engine.engine.clock;
  const two = engine.session(second);
  await settle();
  const real = clock.sleep.bind(clock);
  const open: number[] = [];
  Object.assign(clock, { sleep: (ms: number, s?: AbortSignal) => { sleeping += 1; open.push(ms); const p = real(ms, s); const out = () => { sleeping -= 1; open.splice(open.indexOf(ms), 1); }; p.then(out, out); return p; } });
  await engine.send(second, 'cancel');
  await two;
  await settle();
  expect(open).toEqual([]);
  expect(sleeping).toBe(0);
  gate.resolve();
  await one;
});
void attemptEnds; void ofType; void stateOf; void describe; const _i: Instant | undefined = undefined; void _i;
