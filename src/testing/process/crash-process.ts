/**
 * A process to kill: `node crash-process.js <store module> <orders>`.
 *
 * Tells a line of JSON for all that it knows to be done, in one write each and right away: what it has told has
 * happened, whatever becomes of it afterwards. It ends with its parent.
 */
import { writeSync } from 'node:fs';
import { toStemmaError } from '../../core/errors.ts';
import type { StepPath } from '../../core/ids.ts';
import type { Append, Lease } from '../../core/ports.ts';
import { runWorker } from '../../engine/worker.ts';
import { openKitSession, submitRun } from '../kit-session.ts';
import type { KitRun, KitSession } from '../kit-session.ts';
import { loadKitModule } from '../kit-store.ts';
import { SCRIPT_DEFINITIONS } from '../script/definitions.ts';
import { kitIds } from '../system.ts';
import { untilAllEnded } from '../until-all-ended.ts';
import { parseOrders } from './orders.ts';
import type { Orders, Told } from './orders.ts';

const LOOK_EVERY_MS = 10;
/** So that the one who holds the run by hand does not fill the disk. */
const APPEND_EVERY_MS = 5;

const tell = (told: Told): void => void writeSync(1, `${JSON.stringify(told)}\n`);

const leave = new AbortController();
process.once('SIGTERM', () => leave.abort());

let commits = 0;
function count(when: 'before' | 'after', { kill }: Orders): void {
  if (when === 'before') commits += 1;
  if (kill?.when === when && kill.commit === commits) process.kill(process.pid, 'SIGKILL');
}

/** Until SIGTERM. */
async function work({ engine, slots }: KitSession): Promise<void> {
  await runWorker(engine, { slots, signal: leave.signal });
}

async function submitAll(session: KitSession, orders: Orders): Promise<void> {
  for (let count = 0; count < orders.submit; count += 1) await submit(session);
}

async function submit(session: KitSession, run: KitRun = {}): Promise<Lease | undefined> {
  const runId = kitIds.runId();
  tell({ kind: 'submitting', runId });
  const lease = await submitRun(session, { ...run, runId });
  tell({ kind: 'submitted', runId });
  return lease;
}

/** Appends one step after the other under names of its own, so that only the token can be a reason to refuse. */
async function hold(session: KitSession, orders: Orders): Promise<void> {
  const lease = await takeRun(session, orders);
  const { engine } = session;
  try {
    if (orders.runId === undefined) await engine.log.append(lease, { drafts: [{ type: 'run.started', data: {} }] });
    for (let index = 1; ; index += 1) {
      await engine.log.append(lease, stepOf(session, `by${process.pid}[${index}]` as StepPath));
      await engine.clock.sleep(APPEND_EVERY_MS);
    }
  } catch (thrown) {
    tell({ kind: 'refused', code: toStemmaError(thrown).code });
  }
}

async function takeRun(session: KitSession, { runId }: Orders): Promise<Lease> {
  const { queue, clock, worker } = session.engine;
  if (runId === undefined) {
    const lease = await submit(session, { claim: true });
    if (lease === undefined) throw new Error('The queue gave no lease to the worker that it was asked for.');
    return lease;
  }
  for (;;) {
    const [lease] = await queue.claim(worker.id, { atMost: 1, only: runId });
    if (lease !== undefined) return lease;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

function stepOf({ engine }: KitSession, stepPath: StepPath): Append {
  const definition = SCRIPT_DEFINITIONS.digest;
  const started = { stage: 'kit.hand', stageVersion: 1, definition, inputs: [], queuedMs: 0, worker: engine.worker.id };
  const ended = { state: 'succeeded' as const, facts: {}, outputs: [], durationMs: 0 };
  return {
    drafts: [
      { type: 'attempt.started', stepPath, attempt: 1, data: started },
      { type: 'attempt.ended', stepPath, attempt: 1, data: ended },
    ],
  };
}

async function carryOut(session: KitSession, orders: Orders): Promise<void> {
  switch (orders.mode) {
    case 'script':
      await submitAll(session, orders);
      return untilAllEnded(session);
    case 'work': {
      const working = work(session);
      await submitAll(session, orders);
      return working;
    }
    case 'hold':
      return hold(session, orders);
  }
}

const [module = '', text = ''] = process.argv.slice(2);
const orders = parseOrders(text);
process.stdin.on('close', () => process.exit()).resume();
const { openKitStore } = await loadKitModule(new URL(module));
const session = await openKitSession(openKitStore, {
  ...orders,
  seams: { beforeCommit: () => count('before', orders), afterCommit: () => count('after', orders) },
  onStored: (stored) => tell({ kind: 'stored', ...stored }),
});
const { store, engine } = session;
await store.queue.register(engine.worker);
tell({ kind: 'ready', worker: engine.worker.id, connections: [...(store.sqlite?.connections() ?? [])] });
await carryOut(session, orders);
await store.queue.retire(engine.worker.id);
await session[Symbol.asyncDispose]();
tell({ kind: 'done', commits });
process.exit();
