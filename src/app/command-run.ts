import type { RunId } from '../core/ids.ts';
import type { Command, CommandType, RunLog } from '../core/ports.ts';
import { assertMove, isTerminal, RUN_MOVES } from '../core/states.ts';
import type { RunState } from '../core/states.ts';
import type { SessionEnd } from '../engine/execute-run.ts';
import type { App } from './context.ts';
import { parseRunId } from './read-run.ts';
import { asWorker, work } from './work.ts';

export interface CommandedRun {
  readonly runId: RunId;
  readonly command: Command['type'];
  readonly state: RunState;
}

/** With how this process stopped working on it, where it did. */
export interface Carried extends CommandedRun {
  readonly last: SessionEnd | undefined;
}

/**
 * Asks something of a run. The command is on disk when this resolves; the run's holder obeys it, and if nobody holds
 * the run, it is claimed for that moment.
 *
 * @param options.carryOn - when the run can go on then, carry it on to its end if no worker is live
 * @throws {StemmaError} RUN_NOT_FOUND · STATE_CONFLICT when the run has ended
 */
export async function commandRun(
  app: App,
  input: { readonly runId: string; readonly command: Command },
  options: { readonly signal: AbortSignal; readonly carryOn?: boolean },
): Promise<Carried> {
  const runId = parseRunId(input.runId);
  const { queue, log } = app.store;
  const { type } = input.command;
  await refuseEnded(log, runId, type);
  await queue.send(runId, input.command);
  const isOurs = async (): Promise<boolean> => {
    const holder = (await log.head(runId))?.holder;
    if (type === 'cancel' || type === 'pause')
      return holder !== app.engine.worker.id && !(await queue.isHeldByLiving(runId, options.signal));
    return (options.carryOn ?? true) && !(await anotherWorkerLives(app));
  };
  const carryOn = () => work(app, { only: runId, signal: options.signal });
  const done = (await isOurs()) ? await asWorker(app, carryOn) : undefined;
  const state = (await log.head(runId))?.state ?? 'pending';
  return { runId, command: type, state, last: done?.last };
}

const LEADS_TO = { cancel: 'canceled', pause: 'paused', resume: 'running' } as const satisfies Record<
  CommandType,
  RunState
>;

/** Names both states; a run that ends after this look is refused by the store. */
async function refuseEnded(log: RunLog, runId: RunId, type: Command['type']): Promise<void> {
  if (type === 'decide' || type === 'signal') return;
  const from = (await log.head(runId))?.state;
  if (from !== undefined && isTerminal(RUN_MOVES, from)) assertMove('run', RUN_MOVES, { from, to: LEADS_TO[type] });
}

/** One that takes runs: paused, draining or quarantined ones leave them to us. */
async function anotherWorkerLives(app: App): Promise<boolean> {
  const before = await app.store.queue.workers();
  const others = before.filter(({ id, mode, stopped }) => !stopped && mode === 'active' && id !== app.engine.worker.id);
  if (others.length === 0) return false;
  await app.clock.sleep(LOOK_MS);
  const after = new Map((await app.store.queue.workers()).map(({ id, beats }) => [id, beats]));
  return others.some(({ id, beats }) => (after.get(id) ?? beats) > beats);
}

/** A live worker raises its counter every second. */
const LOOK_MS = 1500;
