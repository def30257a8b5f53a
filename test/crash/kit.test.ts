/** The conformance kit over Stemma's own store, in short. `npm run test:crash` does all of it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { filesOutlivePowerCuts, openCrashKit } from '../../src/testing/index.ts';
import type { CrashKit, KitResult } from '../../src/testing/index.ts';
import { BROKEN_BUILDS, faultsIn } from './broken/builds.ts';
import { openFilesUnderPowerCut } from './files-under-power-cut.ts';

const SEED = 20_260_101;
const ROUNDS = 2;
/** Of all cases: early, in the middle, late, before and after. */
const ONE_IN = 9;
/** Of one test; they wait for takeovers side by side, and the machine may be busy. */
const timeout = 180_000;

const directory = mkdtempSync(join(tmpdir(), 'stemma-crash-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const kit: CrashKit = await openCrashKit({
  module: new URL('./sqlite-store.ts', import.meta.url),
  directory,
  oneIn: ONE_IN,
});

const failed = (results: readonly KitResult[]): readonly KitResult[] =>
  results.filter(({ faults }) => faults.length > 0);

describe('what a kill cannot show', () => {
  it('every connection writes through to the disk', async () => {
    const results = await kit.connections();
    expect(results).toHaveLength(1);
    expect(failed(results)).toEqual([]);
  });

  it('the log cut at and inside every frame leaves exactly what was acknowledged', async () => {
    const results = await kit.walCuts();
    expect(results.length).toBeGreaterThan(20);
    expect(failed(results)).toEqual([]);
  });

  it('files outlive a power cut', async () => {
    expect(failed(await filesOutlivePowerCuts(() => openFilesUnderPowerCut()))).toEqual([]);
  });
});

describe.concurrent('the store', { timeout }, () => {
  it('loses nothing and repeats nothing when a process is killed around a commit', async () => {
    const results = await kit.commits();
    expect(results.length).toBeGreaterThan(4);
    expect(failed(results)).toEqual([]);
  });

  it(`ends all runs when one of four processes is killed at random (seed ${SEED})`, async () => {
    const results = await kit.rounds({ rounds: ROUNDS, seed: SEED });
    expect(results.length).toBeGreaterThan(ROUNDS);
    expect(failed(results)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('refuses a holder that was stopped and taken over', async () => {
    const results = await kit.staleHolder();
    expect(results).toHaveLength(1);
    expect(failed(results)).toEqual([]);
  });

  it('ends all runs whatever fails once', async () => {
    const results = await kit.faults();
    expect(results.length).toBeGreaterThan(10);
    expect(failed(results)).toEqual([]);
  });
});

describe.concurrent('the kit goes red for', { timeout }, () => {
  it.each(BROKEN_BUILDS)('$name', async (build) => {
    expect(faultsIn(await build.try())).toContainEqual(expect.stringMatching(build.symptom));
  });
});

describe('the kit', () => {
  it('leaves nothing behind', () => {
    expect(existsSync(directory)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });
});
