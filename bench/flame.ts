/**
 * `node bench/flame.ts`: records where the time of the no-op shape goes, draws it as a flame graph under
 * `docs/pictures/`, and prints the functions that take most of it.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { noopSteps, openBenchEngine } from './bench-engine.ts';
import { drawFlameGraph } from './flame-graph.ts';
import { toFrames } from './profile.ts';
import type { Frame } from './profile.ts';
import { scratchFolder } from './scratch-folder.ts';
import { ROUNDS, work } from './steps.ts';

const SAMPLE_EVERY_US = 200;
const MOST_TOLD = 40;
const shape = { runs: 1000, stepsPerRun: 10, atATime: 100 };
const picture = fileURLToPath(new URL('../docs/pictures/hot-path.svg', import.meta.url));

const { values } = parseArgs({ options: { dir: { type: 'string', default: tmpdir() } } });
const root = await record(values.dir);
const steps = shape.runs * shape.stepsPerRun;
const title = `Where the time of a durable no-op step goes: ${shape.runs} runs × ${shape.stepsPerRun} steps, ${shape.atATime} at a time`;
writeFileSync(picture, drawFlameGraph(root, title));
for (const { name, place, us } of mostOwn(root).slice(0, MOST_TOLD))
  console.log(`${(us / steps).toFixed(2).padStart(7)} µs per step  ${name}  ${place}`);

/** The fastest of several rounds: the first ones warm the code up, and others may disturb some. */
async function record(parent: string): Promise<Frame> {
  using scratch = scratchFolder(parent);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  const rounds: Frame[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await using bench = await openBenchEngine({
      file: scratch.file(`${round}.db`),
      steps: noopSteps(shape.stepsPerRun),
    });
    await session.post('Profiler.start');
    await work(bench, shape);
    const { profile } = await session.post('Profiler.stop');
    rounds.push(toFrames(profile));
  }
  session.disconnect();
  return rounds.reduce((fastest, frame) => (frame.totalUs < fastest.totalUs ? frame : fastest));
}

/** Functions by the time spent in themselves, wherever they were called. */
function mostOwn(root: Frame): { name: string; place: string; us: number }[] {
  const own = new Map<string, { name: string; place: string; us: number }>();
  const visit = (frame: Frame): void => {
    const key = `${frame.name} ${frame.place}`;
    const known = own.get(key) ?? { name: frame.name, place: frame.place, us: 0 };
    own.set(key, { ...known, us: known.us + frame.ownUs });
    frame.children.forEach(visit);
  };
  root.children.forEach(visit);
  return [...own.values()].toSorted((a, b) => b.us - a.us);
}
