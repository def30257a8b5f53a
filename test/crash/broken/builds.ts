/** Builds with one mistake each, and the check of the kit that must find it. */
import { filesOutlivePowerCuts, openCrashKit } from '../../../src/testing/index.ts';
import type { CrashKit, KitResult } from '../../../src/testing/index.ts';
import { openFilesUnderPowerCut } from '../files-under-power-cut.ts';
import { syncingLater } from './named-before-fsync.ts';

export interface BrokenBuild {
  readonly name: string;
  /** What the kit says of it. */
  readonly symptom: RegExp;
  try(): Promise<readonly KitResult[]>;
}

/** Of all kills: seven right before a commit, where an append has been told and not committed. */
const ONE_IN = 8;

const inKit = async (
  file: string,
  check: (kit: CrashKit) => Promise<readonly KitResult[]>,
): Promise<readonly KitResult[]> =>
  check(await openCrashKit({ module: new URL(file, import.meta.url), oneIn: ONE_IN }));

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'a promise resolved before the commit',
    symptom: /acknowledged (as event \d+ and is not in the record|twice)/,
    try: () => inKit('./resolves-before-commit.ts', (kit) => kit.commits()),
  },
  {
    name: 'synchronous=OFF',
    symptom: /a connection has synchronous=0/,
    try: () => inKit('./synchronous-off.ts', (kit) => kit.connections()),
  },
  {
    name: 'a file named before its fsync',
    symptom: /was acknowledged and holds 0 of/,
    try: () => filesOutlivePowerCuts(() => openFilesUnderPowerCut(syncingLater)),
  },
  {
    name: 'an append without the token',
    symptom: /was taken from a holder of token 1 after one of 2/,
    try: () => inKit('./without-token.ts', (kit) => kit.staleHolder()),
  },
];

/** Every fault of all results. */
export const faultsIn = (results: readonly KitResult[]): readonly string[] => results.flatMap(({ faults }) => faults);
