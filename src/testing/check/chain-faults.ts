import { canonicalJson } from '../../core/canonical.ts';
import { GENESIS, eventHash } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import type { Signer } from '../../core/ports.ts';
import { kitDigest } from '../system.ts';
import type { RunRecord } from './run-record.ts';

/** The chain over exactly the texts that are stored, and the head that stands at its end. */
export function chainFaults({ bodies, head }: RunRecord): readonly string[] {
  const faults: string[] = [];
  let last: Uint8Array = GENESIS;
  let position = 0;
  for (const [index, stored] of bodies.entries()) {
    const name = `event ${stored.seq}`;
    last = eventHash(kitDigest, last, stored.body);
    if (stored.seq !== index + 1 || stored.position <= position) faults.push(`${name} is out of its order`);
    if (toHex(last) !== stored.hash) faults.push(`${name} is not what its hash was made of`);
    if (canonicalJson(JSON.parse(stored.body) as Json) !== stored.body) faults.push(`${name} is not in canonical form`);
    position = stored.position;
  }
  if (head.seq !== bodies.length) faults.push(`the head stands at ${head.seq}, and there are ${bodies.length} events`);
  if (head.hash !== toHex(last)) faults.push('the head does not have the hash of the last event');
  return faults;
}

/** An end is signed. */
export function signatureFaults({ head }: RunRecord, signer: Signer): readonly string[] {
  if (head.signature === undefined) return ['the end is not signed'];
  const found = signer.verify(Buffer.from(head.hash, 'hex'), head.signature);
  return found === 'valid' ? [] : [`the signature of the end is ${found}`];
}
