/** `stemma worker --once` in this process, with one run that fans out into many steps which each write a file. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { taskOf, tell } from '../program.ts';

export interface FanOutAppTask {
  readonly folder: string;
  /** The built program. */
  readonly main: string;
  readonly steps: number;
  readonly concurrency: number;
}
export interface FanOutAppFigures {
  readonly peakRssBytes: number;
  /** Of the whole command. */
  readonly elapsedMs: number;
  /** Of as many files of the same size, as many at a time, each fsynced, with their folder's fsyncs shared: nothing else. */
  readonly filesMs: number;
}

const TEXT = 'A cat sits on the roof and dreams of the sea';

const { folder, main, steps, concurrency } = taskOf<FanOutAppTask>();
const data = join(folder, 'data');
process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
const make = { id: 'make', use: 'generate-text' };
const each = { id: 'each', forEach: steps, concurrency, steps: [make] };
define('pipelines/fan-out.yaml', { title: 'Fan-out', steps: [each] });
define('configs/fan-out.yaml', { name: 'Fan-out', pipeline: 'fan-out' });
execFileSync(process.execPath, [fileURLToPath(main), 'run', 'fan-out', TEXT, '--detach', '--data', data]);

process.argv.splice(2, Number.POSITIVE_INFINITY, 'worker', '--once', '--json', '--data', data);
process.stdout.write = () => true;
const before = performance.now();
await import(main);
const elapsedMs = performance.now() - before;
const { maxRSS } = process.resourceUsage();
await assertAllMade();
await tell({ peakRssBytes: maxRSS * 1024, elapsedMs, filesMs: await writeFiles() } satisfies FanOutAppFigures);

function define(path: string, definition: object): void {
  const file = join(data, 'definitions', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(definition));
}

async function assertAllMade(): Promise<void> {
  const names = await readdir(join(data, 'runs'), { recursive: true });
  const made = names.filter((name) => name.endsWith('_output_text.txt')).length;
  if (made !== steps) throw new Error(`The run made ${made} files, not ${steps}.`);
}

async function writeFiles(): Promise<number> {
  const bare = join(folder, 'bare');
  await mkdir(bare);
  const began = performance.now();
  let next = 0;
  let begun: Promise<void> = Promise.resolve();
  let shared: Promise<void> | undefined;
  const syncFolder = (): Promise<void> => {
    shared ??= begun.then(() => {
      shared = undefined;
      begun = sync(bare);
      return begun;
    });
    return shared;
  };
  const lane = async (): Promise<void> => {
    while (next < steps) {
      await using file = await open(join(bare, `${next++}.txt`), 'wx');
      await file.writeFile(TEXT);
      await file.sync();
      await syncFolder();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return performance.now() - began;
}

async function sync(path: string): Promise<void> {
  await using folderHandle = await open(path, 'r');
  await folderHandle.sync();
}
