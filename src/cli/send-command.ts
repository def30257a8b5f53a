import type { App } from '../app/context.ts';
import type { Carried } from '../app/command-run.ts';
import type { CarryOn } from '../app/reviews.ts';
import { leaveIfInterrupted, pauseOnInterrupt } from './commands/run.ts';
import { write, writeJson } from './output.ts';

export interface Sending {
  readonly send: (options: CarryOn) => Promise<Carried>;
  readonly flags: { readonly json?: boolean | undefined; readonly detach?: boolean | undefined };
  /** What the JSON document says besides the run and its state. */
  readonly told: object;
}

/**
 * Sends a run a command and tells in which state the run is then. Ctrl-C pauses the run.
 *
 * @throws {StemmaError} what stopped the work of this process on the run
 * @throws {Exit} when a person interrupted it
 */
export async function sendCommand(app: App, id: string, { send, flags, told }: Sending): Promise<void> {
  const { parseRunId } = await import('../app/read-run.ts');
  const interrupt = pauseOnInterrupt(app, parseRunId(id));
  const options = { signal: interrupt.gone, carryOn: flags.detach !== true };
  const done = await send(options).finally(() => interrupt.stop());
  if (done.last?.kind === 'broken') throw done.last.error;
  if (flags.json === true) writeJson({ runId: done.runId, ...told, state: done.state });
  else write(`${done.runId} ${done.state}`);
  leaveIfInterrupted(done, interrupt.happened());
}
