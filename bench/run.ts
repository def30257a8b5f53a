/**
 * `npm run bench`: measures the engine against the raw limit of the same machine. `--json` prints one document, `--quick`
 * measures a tenth, `--dir <folder>` says on which disk. Ratios are what counts; absolute figures belong to the machine.
 */
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { measureLongRun, measureRecovery } from './long-runs.ts';
import { measureRunAlone, measureSteps } from './steps.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, dir: { type: 'string', default: tmpdir() } },
});
const part = values.quick === true ? 10 : 1;
const shape = { runs: 1000 / part, stepsPerRun: 10, atATime: 100 };

const steps = await measureSteps(shape, values.dir, 3);
const alone = await measureRunAlone(10, values.dir);
const step5000OverStep10 = await measureLongRun(5000 / part, values.dir);
const recovery = await measureRecovery(10_000 / part, values.dir);

/** A figure that was not measured is null, never left out. */
const document = {
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  },
  shape,
  stepsPerSecond: { stemma: Math.round(steps.stemma), rawSqlite: Math.round(steps.raw), restate: null, dbos: null },
  tenStepRunMs: { stemma: round(alone.stemma), raw: round(alone.raw), restate: null, dbos: null },
  step5000OverStep10: part === 1 ? round(step5000OverStep10) : null,
  recover10kMs: part === 1 ? Math.round(recovery) : null,
  bytesPerStep: Math.round(steps.bytesPerStep),
  queriesMs: { list: null, byTrace: null, lastFailed: null },
  loopDelayMaxMs: round(steps.loopDelayMaxMs),
};

if (values.json === true) console.log(JSON.stringify(document, undefined, 2));
else print();

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(): void {
  const { machine, stepsPerSecond, tenStepRunMs } = document;
  const share = Math.round((100 * stepsPerSecond.stemma) / stepsPerSecond.rawSqlite);
  const lines: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`],
    ['shape', `${shape.runs} runs × ${shape.stepsPerRun} steps, ${shape.atATime} at a time`],
    ['steps per second', `${stepsPerSecond.stemma} (${share} % of the raw limit, ${stepsPerSecond.rawSqlite})`],
    ['transactions', String(steps.transactions)],
    ['one 10-step run', `${tenStepRunMs.stemma} ms (raw ${tenStepRunMs.raw} ms)`],
    [`step ${5000 / part} over step 10`, `${round(step5000OverStep10)} ×`],
    [`recovery of ${10_000 / part} runs`, `${Math.round(recovery)} ms`],
    ['bytes per step', String(document.bytesPerStep)],
    ['longest event-loop delay', `${document.loopDelayMaxMs} ms`],
  ];
  for (const [name, value] of lines) console.log(`${name.padEnd(28)}${value}`);
}
