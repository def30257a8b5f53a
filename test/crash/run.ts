/**
 * The whole conformance kit over Stemma's own store: `npm run test:crash -- --rounds 500`.
 *
 * Progress goes to stderr. The last lines on stdout are the seed, the time, and how many cases passed; exit code 1
 * when one failed.
 */
import { parseArgs } from 'node:util';
import { filesOutlivePowerCuts, openCrashKit } from '../../src/testing/index.ts';
import type { CrashKit, KitResult } from '../../src/testing/index.ts';
import { BROKEN_BUILDS, faultsIn } from './broken/builds.ts';
import { openFilesUnderPowerCut } from './files-under-power-cut.ts';

const SEEDS = 2 ** 32;
const RUNS = 400;
const TAKEOVER_WITHIN_MS = 6000;
const USAGE =
  'npm run test:crash -- [--rounds 500] [--seed <number>] [--only commits|rounds|faults|broken] [--dir <folder>]';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Wish {
  readonly rounds: number;
  readonly seed: number;
}

const PARTS: { readonly [part: string]: (kit: CrashKit, wish: Wish) => Promise<readonly KitResult[]> } = {
  commits: (kit) => kit.commits(),
  rounds: async (kit, wish) => [
    ...(await kit.rounds(wish)),
    ...(await kit.takeover({ runs: RUNS, withinMs: TAKEOVER_WITHIN_MS })),
    ...(await kit.staleHolder()),
  ],
  faults: async (kit) => [
    ...(await kit.connections()),
    ...(await kit.walCuts()),
    ...(await filesOutlivePowerCuts(() => openFilesUnderPowerCut())),
    ...(await kit.faults()),
  ],
  broken: tryBroken,
};

/** Passed when the kit has found out. */
async function tryBroken(): Promise<readonly KitResult[]> {
  const results: KitResult[] = [];
  for (const build of BROKEN_BUILDS) {
    const found = faultsIn(await build.try()).filter((fault) => build.symptom.test(fault));
    say(`  ${build.name}: ${found[0] ?? 'nothing found'}`);
    results.push({ name: `${build.name} goes red`, faults: found.length > 0 ? [] : ['the kit has not noticed'] });
  }
  return results;
}

function readWish(): Wish & { readonly parts: readonly string[]; readonly directory: string | undefined } {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '500' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * SEEDS)) },
      only: { type: 'string' },
      dir: { type: 'string' },
    },
  });
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  const parts = values.only === undefined ? Object.keys(PARTS) : [values.only];
  const isWhole = [rounds, seed].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!isWhole || parts.some((part) => PARTS[part] === undefined)) throw new TypeError(USAGE);
  return { rounds, seed, parts, directory: values.dir };
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const { parts, directory, ...wish } = readWish();
  say(`seed ${wish.seed}`);
  const module = new URL('./sqlite-store.ts', import.meta.url);
  const onProgress = (text: string): void => say(`  ${text}`);
  const kit = await openCrashKit({ module, onProgress, ...(directory === undefined ? {} : { directory }) });
  const results: KitResult[] = [];
  for (const part of parts) {
    say(`${part}:`);
    results.push(...((await PARTS[part]?.(kit, wish)) ?? []));
  }
  const failed = results.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of failed) process.stdout.write(`FAILED ${name}\n  ${faults.join('\n  ')}\n`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(`seed ${wish.seed}\n${seconds} s\n`);
  process.stdout.write(`${results.length - failed.length} passed, ${failed.length} failed\n`);
  if (failed.length > 0 || results.length === 0) process.exitCode = 1;
}

await main().catch((thrown: unknown) => {
  say(thrown instanceof TypeError ? thrown.message : String(thrown instanceof Error ? thrown.stack : thrown));
  process.exitCode = 1;
});
