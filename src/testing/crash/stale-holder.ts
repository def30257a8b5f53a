import { chainFaults } from '../check/chain-faults.ts';
import { attemptFaults } from '../check/attempt-faults.ts';
import { readRecord } from '../check/run-record.ts';
import { toldFaults } from '../check/told-faults.ts';
import { resultOf } from '../kit-result.ts';
import type { KitResult } from '../kit-result.ts';
import { submitRun } from '../kit-session.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import type { KitProcess } from '../process/kit-process.ts';
import { CAN_STOP, stopProcess } from '../process/stop-process.ts';

/** Appends that show that a holder is at work. */
const SOME = 5;

/** A holder is stopped in the middle of its appends, another one takes the run over, and the first one goes on. */
export async function staleHolder(tried: Tried): Promise<readonly KitResult[]> {
  if (!CAN_STOP) return [];
  return [
    await resultOf('a holder that was stopped and taken over writes nothing more', async () => {
      await using bench = new KitBench(tried);
      await using session = await bench.session();
      const stale = bench.start({ mode: 'hold' });
      await stale.untilTold('the first holder appends', (holder) => countOf(holder) >= SOME);
      const runId = await stale.untilTold('there is a run', (holder) => holder.toldOf('submitted').at(0)?.runId);
      await stopProcess(stale, () => submitRun(session));

      const next = bench.start({ mode: 'hold', runId });
      await next.untilTold('the second holder appends', (holder) => countOf(holder) >= SOME);
      stale.signal('SIGCONT');
      const before = countOf(stale);
      await stale.untilTold(
        'the first holder is refused',
        (holder) => isRefused(holder) || countOf(holder) > before + SOME,
      );
      await Promise.all([stale.kill(), next.kill()]);

      const codes = stale.toldOf('refused').map(({ code }) => code);
      const refusal = codes[0] === 'LEASE_LOST' ? [] : [`the first holder was answered ${codes[0] ?? 'nothing'}`];
      const recorded = await readRecord(session.store, runId);
      if (recorded === undefined) return [...refusal, 'the run is gone'];
      const told = bench.told().stored.filter((stored) => stored.runId === runId);
      const kept = attemptFaults(recorded).filter((fault) => !fault.endsWith('has no end'));
      return [...refusal, ...chainFaults(recorded), ...kept, ...toldFaults(recorded, told)];
    }),
  ];
}

const countOf = (holder: KitProcess): number => holder.toldOf('stored').length;
const isRefused = (holder: KitProcess): boolean => holder.toldOf('refused').length > 0;
