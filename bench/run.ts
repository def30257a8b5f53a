/**
 * `npm run bench`: measures the engine, the raw limit of the same machine, and the peers in the same shape. Ratios are
 * what counts; absolute figures belong to the machine.
 *
 * - `--json` prints one document instead of the table
 * - `--quick` measures a tenth
 * - `--no-peers` leaves the peers out
 * - `--dir <folder>` says on which disk
 * - `--write-docs` puts the table into `docs/performance.md`
 */
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { toDocument } from './document.ts';
import type { Measured } from './document.ts';
import { measureHugeRun, measureLongRun, measureRecovery } from './long-runs.ts';
import { measurePeers } from './peers.ts';
import { measureFanOut, measureFanOutApp, measureMainJob, measureSharedFile } from './processes.ts';
import { measureQueries } from './queries.ts';
import { measureRunAlone, measureSteps } from './steps.ts';
import { toLines, toRows } from './table.ts';
import { writeDocs } from './write-docs.ts';

/** Processes per core, from which on others disturb what is measured. */
const QUIET = 0.5;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
    dir: { type: 'string', default: tmpdir() },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.quick && values['write-docs']) throw new Error('A tenth is not enough for docs: leave --quick out.');

const document = toDocument(await measure(values.quick ? 10 : 1, values.dir));
if (values['write-docs']) writeDocs(document);
if (values.json) console.log(JSON.stringify(document, undefined, 2));
else print();

async function measure(part: number, dir: string): Promise<Measured> {
  const shape = { runs: 1000 / part, stepsPerRun: 10, atATime: 100 };
  const [late, runs, attempts, outputs] = [5000 / part, 10_000 / part, 1_000_000 / part, 10_000 / part];
  const busyBefore = (loadavg()[0] ?? 0) / availableParallelism();
  if (busyBefore > QUIET)
    say(`the machine is busy with other things (${busyBefore.toFixed(1)} per core): judge nothing by this`);
  return {
    busyBefore,
    shape,
    steps: await measured('durable steps', () => measureSteps(shape, dir)),
    alone: await measured('a run alone', () => measureRunAlone(shape.stepsPerRun, dir)),
    peers: await measurePeers(shape, dir, { areWanted: values.peers, say }),
    longRun: { step: late, overFirst: await measured('a long run', () => measureLongRun(late, dir)) },
    recovery: { runs, elapsedMs: await measured('recovery', () => measureRecovery(runs, dir)) },
    hugeRun: await measured('a very long run', () => measureHugeRun(100_000 / part, dir)),
    fanOut: { steps: outputs, ...(await measured('fan-out', () => measureFanOut(outputs, dir))) },
    fanOutApp: await measured('fan-out with files', () => measureFanOutApp(outputs, dir)),
    sharedFile: { processes: 4, ...(await measured('4 processes', () => measureSharedFile(4, shape, dir))) },
    mainJob: await measured('the main job', () => measureMainJob(dir)),
    queries: await measured('queries', () => measureQueries(attempts, dir)),
  };
}

/** Progress goes beside the results. */
function say(line: string): void {
  process.stderr.write(`${line} …\n`);
}

function measured<T>(what: string, act: () => Promise<T>): Promise<T> {
  say(`measuring ${what}`);
  return act();
}

function print(): void {
  const { machine, shape, more } = document;
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  console.log(`${shape.runs} runs × ${shape.stepsPerRun} steps, ${shape.atATime} at a time\n`);
  for (const line of toLines(toRows(document))) console.log(line);
  console.log('');
  for (const about of new Set(Object.values(more.peers).map((peer) => Object.values(peer).join(': '))))
    console.log(about);
}
