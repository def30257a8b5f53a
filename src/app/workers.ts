import { StemmaError } from '../core/errors.ts';
import type { WorkerId } from '../core/ids.ts';
import type { WorkerRow } from '../core/ports.ts';
import type { WorkerLiveness, WorkerMode } from '../core/states.ts';
import type { App } from './context.ts';

/** A worker as people see it. */
export interface ListedWorker {
  readonly id: WorkerId;
  readonly mode: WorkerMode;
  readonly liveness: WorkerLiveness;
  readonly host: string;
  readonly pid: number;
  /** Runs it holds, and how many it may hold at once. */
  readonly slots: { readonly used: number; readonly of: number };
  readonly version: string;
}

/** A worker that lives raises its counter every second; one whose counter stands so long still does not answer. */
const SILENT_AFTER_MS = 4000;
const LOOK_EVERY_MS = 100;
/** A shortened id is at least so long. */
const SHORTEST = 4;

/**
 * Every worker that may hold runs, and those that have stopped lately, in the order of their coming.
 *
 * Watches the counters until each has moved, which takes about a second, or 4 s where one stands still.
 */
export async function listWorkers(app: App): Promise<readonly ListedWorker[]> {
  const { queue } = app.store;
  const before = new Map((await queue.workers()).map(({ id, beats }) => [id, beats]));
  const isSilent = ({ id, beats, stopped }: WorkerRow): boolean => !stopped && beats === (before.get(id) ?? beats);
  const since = app.clock.monotonicMs();
  for (;;) {
    const workers = await queue.workers();
    if (!workers.some(isSilent) || app.clock.monotonicMs() - since >= SILENT_AFTER_MS)
      return workers.map((worker) => toListed(worker, isSilent(worker)));
    await app.clock.sleep(LOOK_EVERY_MS);
  }
}

function toListed(worker: WorkerRow, isSilent: boolean): ListedWorker {
  const { id, mode, host, pid, slots, held, version, stopped, crashed } = worker;
  const gone = crashed ? 'crashed' : 'stopped';
  const liveness = stopped ? gone : isSilent ? 'unresponsive' : 'live';
  return { id, mode, liveness, host, pid, slots: { used: held, of: slots }, version };
}

/** What people ask of a worker, and the mode that it comes to. */
export const WORKER_ACTIONS = {
  pause: 'paused',
  resume: 'active',
  drain: 'draining',
  quarantine: 'quarantined',
  release: 'active',
} as const satisfies Record<string, WorkerMode>;
export type WorkerAction = keyof typeof WORKER_ACTIONS;

/**
 * Sets a worker's mode; the worker heeds it within a second. The worker may be named by an unambiguous beginning of its
 * id of at least 4 characters.
 *
 * @throws {StemmaError} NOT_FOUND · INPUT_INVALID for a beginning that several share · STATE_CONFLICT for a release of a worker that is not quarantined, or a resume of one that is
 */
export async function changeWorker(
  app: App,
  input: { readonly worker: string; readonly action: WorkerAction; readonly by?: string },
): Promise<{ readonly id: WorkerId; readonly mode: WorkerMode }> {
  const { id, mode: before } = await findWorker(app, input.worker);
  if (input.action === 'resume' && before === 'quarantined')
    throw new StemmaError('STATE_CONFLICT', `The worker ${id} is quarantined; it takes nothing until it is released.`, {
      facts: { worker: id, mode: before },
      hint: `When it can be trusted again: stemma workers release ${id}.`,
    });
  if (input.action === 'release' && before !== 'quarantined')
    throw new StemmaError('STATE_CONFLICT', `The worker ${id} is ${before}, not quarantined.`, {
      facts: { worker: id, mode: before },
      hint: '`stemma workers resume` makes a paused or draining worker active again.',
    });
  const mode = WORKER_ACTIONS[input.action];
  await app.store.queue.setMode(id, mode, input.by ?? 'admin');
  return { id, mode };
}

async function findWorker(app: App, named: string): Promise<WorkerRow> {
  const workers = await app.store.queue.workers();
  const isMeant = ({ id }: WorkerRow): boolean => named.length >= SHORTEST && id.startsWith(named);
  const exact = workers.find(({ id }) => id === named);
  const [found, ...others] = exact === undefined ? workers.filter(isMeant) : [exact];
  if (found === undefined)
    throw new StemmaError('NOT_FOUND', `There is no worker "${named}".`, {
      facts: { worker: named.slice(0, 80) },
      hint: `\`stemma workers list\` shows them; an id may be shortened to ${SHORTEST} characters or more.`,
    });
  if (others.length > 0)
    throw new StemmaError('INPUT_INVALID', `${others.length + 1} workers begin with "${named}".`, {
      facts: { worker: named, matches: others.length + 1 },
      hint: `Give more of the id: ${[found, ...others].map(({ id }) => id).join(', ')}.`,
    });
  return found;
}
