import { resultOf } from '../kit-result.ts';
import type { KitResult } from '../kit-result.ts';
import type { ConnectionSettings } from '../kit-store.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';

/** FULL: a commit returns when the disk has it. */
const FULL = 2;

/** Every connection, of this process and of others, writes through to the disk before a commit returns. */
export async function connectionsWriteThrough(tried: Tried): Promise<readonly KitResult[]> {
  await using bench = new KitBench(tried);
  await using session = await bench.session();
  const { sqlite } = session.store;
  if (sqlite === undefined) return [];
  const result = await resultOf('every connection reports journal_mode=wal and synchronous=2', async () => {
    await bench.start({ mode: 'script', submit: 1 }).ended();
    const all = [...sqlite.connections(), ...bench.told().connections];
    return all.length === 0 ? ['there is no connection'] : all.flatMap((connection) => settingFaults(connection));
  });
  return [result];
}

const settingFaults = ({ journalMode, synchronous }: ConnectionSettings): readonly string[] => [
  ...(journalMode === 'wal' ? [] : [`a connection has journal_mode=${journalMode}`]),
  ...(synchronous === FULL ? [] : [`a connection has synchronous=${synchronous}`]),
];
