import type { Stored } from '../kit-session.ts';
import type { RunRecord } from './run-record.ts';

/** What a caller was told to be stored is stored, where it was told, once, and by one holder after the other. */
export function toldFaults({ events }: RunRecord, told: readonly Stored[]): readonly string[] {
  const faults: string[] = [];
  for (const { seq, position, type } of told) {
    const event = events[seq - 1];
    if (event?.type !== type) faults.push(`${type} was acknowledged as event ${seq} and is not in the record`);
    else if (event.position !== position)
      faults.push(`event ${seq} was acknowledged at position ${position} and stands at ${event.position}`);
  }
  return [...faults, ...orderFaults(told)];
}

/**
 * An event that was acknowledged and lost is written anew by the next holder, and may look the same: then its number
 * is acknowledged twice. Tokens grow with every claim, so along the events they never go down: who was taken over
 * writes no more.
 */
function orderFaults(told: readonly Stored[]): readonly string[] {
  const faults: string[] = [];
  const highest = { seq: 0, token: 0 };
  for (const { seq, events, token } of told.toSorted((a, b) => a.seq - b.seq)) {
    const first = seq - events + 1;
    if (first <= highest.seq) faults.push(`event ${first} was acknowledged twice: the first of them was lost`);
    if (token < highest.token)
      faults.push(`event ${seq} was taken from a holder of token ${token} after one of ${highest.token}`);
    highest.seq = Math.max(highest.seq, seq);
    highest.token = Math.max(highest.token, token);
  }
  return faults;
}
