/** `stemma run dada` in this process, exactly as the command line does it, while a timer watches the event loop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { instantOf } from '../../src/core/ids.ts';
import type { RunId } from '../../src/core/ids.ts';
import { taskOf, tell } from '../program.ts';

export interface MainJobTask {
  readonly folder: string;
  /** The built program. */
  readonly main: string;
}
export interface MainJobFigures {
  /** The longest time that the event loop stood from the moment the run was made. */
  readonly jobMs: number;
  /** The longest time before: modules are loaded, policies compiled, definitions read. */
  readonly startMs: number;
}

const TICK_MS = 1;
const text = 'A cat sits on the roof and dreams of the sea';
const { folder, main } = taskOf<MainJobTask>();
process.env['XDG_CONFIG_HOME'] = `${folder}/config`;
process.argv.splice(2, Number.POSITIVE_INFINITY, 'run', 'dada', text, '--data', `${folder}/data`, '--json');

let printed = '';
process.stdout.write = (chunk: string | Uint8Array): boolean => {
  printed += String(chunk);
  return true;
};

const stood: { readonly since: number; readonly ms: number }[] = [];
let last = performance.now();
const ticks = setInterval(() => {
  const now = performance.now();
  stood.push({ since: performance.timeOrigin + last, ms: Math.max(0, now - last - TICK_MS) });
  last = now;
}, TICK_MS);
await import(main);
await sleep(10 * TICK_MS);
clearInterval(ticks);

const { runId } = JSON.parse(printed) as { runId: RunId };
const made = instantOf(runId);
const longest = (some: typeof stood): number => Math.max(0, ...some.map(({ ms }) => ms));
await tell({
  jobMs: longest(stood.filter(({ since }) => since >= made)),
  startMs: longest(stood.filter(({ since }) => since < made)),
} satisfies MainJobFigures);
