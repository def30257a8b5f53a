import { canonicalJson } from '../../core/canonical.ts';
import { toStemmaError } from '../../core/errors.ts';
import { eventDataSchemas, eventHash, GENESIS, isKnownEvent, parseEvent } from '../../core/events.ts';
import type { RunEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { ArtifactId, Digest, RunId } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';
import type { RunHead, StoredBody } from '../../core/ports.ts';
import type { App } from '../context.ts';
import { fromHex } from './hex.ts';
import { artifactsIn } from './named-artifacts.ts';
import type { VerifyProblem } from './problem.ts';
import type { StoredRun } from './stored-run.ts';

/** The events of a run and what their hashes say. */
export interface Chain {
  /** Those that can be read as events. */
  readonly events: readonly RunEvent[];
  /** Whether every event is what its hash was made of. */
  readonly intact: boolean;
  /** The hash of the last event, recomputed. */
  readonly last: Uint8Array;
  readonly problems: readonly VerifyProblem[];
}

/**
 * Recomputes the chain over exactly the texts that are stored, and asks of each that it is the canonical form of one
 * event of this run in its place. After the first hash that differs nothing more is said: all later ones build on it.
 */
export function checkChain(digest: Digest, { runId, bodies }: Pick<StoredRun, 'runId' | 'bodies'>): Chain {
  const problems: VerifyProblem[] = [];
  const events: RunEvent[] = [];
  let last: Uint8Array = GENESIS;
  let intact = true;
  for (const [index, stored] of bodies.entries()) {
    const event = readEvent(stored);
    if (typeof event !== 'string') events.push(event);
    if (!intact) continue;
    if (stored.seq !== index + 1)
      problems.push({ what: `event ${index + 1}`, problem: `is missing; ${stored.seq} follows` });
    last = eventHash(digest, last, stored.body);
    const what = nameOf(stored, event);
    intact = toHex(last) === stored.hash;
    if (!intact) problems.push({ what, problem: 'is not what was recorded: its hash differs' });
    else
      for (const problem of faultsOf({ runId, stored, event, before: bodies[index - 1] }))
        problems.push({ what, problem });
  }
  return { events, intact, last, problems };
}

/** The event, or why the text is none. */
function readEvent({ body, position, hash }: StoredBody): RunEvent | string {
  try {
    const event = parseEvent(body, { position, hash: fromHex(hash) });
    const faults = isKnownEvent(event.type) ? eventDataSchemas[event.type].safeParse(event.data).error?.issues : [];
    const [fault] = faults ?? [];
    return fault === undefined ? event : `is malformed at "data.${fault.path.join('.')}": ${fault.message}`;
  } catch (thrown) {
    return `is no event: ${toStemmaError(thrown).message}`;
  }
}

const nameOf = ({ seq }: StoredBody, event: RunEvent | string): string =>
  typeof event === 'string' ? `event ${seq}` : `event ${seq} (${event.type})`;

interface Link {
  readonly runId: RunId;
  readonly stored: StoredBody;
  readonly event: RunEvent | string;
  readonly before: StoredBody | undefined;
}

function faultsOf({ runId, stored, event, before }: Link): string[] {
  const faults: string[] = [];
  if (!isCanonical(stored.body)) faults.push('is not stored in its canonical form');
  if (before !== undefined && stored.position <= before.position)
    faults.push('stands before an earlier one in the log');
  if (typeof event === 'string') return [...faults, event];
  if (event.runId !== runId) faults.push(`belongs to another run (${event.runId})`);
  if (event.seq !== stored.seq) faults.push(`was recorded as event ${event.seq}`);
  const foreign = artifactsIn(event).filter((id) => !isOf(runId, id));
  return [...faults, ...foreign.map((id) => `names an artifact of another run (${id})`)];
}

/** White space, escapes, keys that stand twice: a text that reads the same and is not the same. */
function isCanonical(body: string): boolean {
  try {
    return canonicalJson(JSON.parse(body) as Json) === body;
  } catch {
    return false;
  }
}

export const isOf = (runId: RunId, id: ArtifactId): boolean => id.startsWith(`${runId}/`);

/**
 * Whether the log ends where the run's row says, with the signature of an end. The events decide what is asked: a row
 * can be set back to `running`, an end cannot be signed without the key.
 */
export function checkEnd(app: App, chain: Chain, head: RunHead): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  const last = chain.events.at(-1);
  const seq = last?.seq ?? 0;
  if (head.seq > seq)
    problems.push({
      what: `event ${head.seq}`,
      problem: 'is missing: the log ends before the last event that was recorded',
    });
  else if (head.seq !== seq || head.hash !== toHex(chain.last))
    problems.push({ what: 'run', problem: `has a row that stands at another event than the last one, ${seq}` });
  if (last?.type !== 'run.ended')
    problems.push({ what: 'run', problem: `has not ended (${head.state}); its record is not complete` });
  return [...problems, ...signatureProblems(app, chain.last, { head, signed: last?.type === 'run.ended' })];
}

function signatureProblems(
  app: App,
  last: Uint8Array,
  { head, signed }: { readonly head: RunHead; readonly signed: boolean },
): VerifyProblem[] {
  if (head.signature === undefined) return signed ? [{ what: 'signature', problem: 'is missing' }] : [];
  const found = app.signer.verify(last, head.signature);
  if (found === 'valid') return [];
  const problem =
    found === 'invalid' ? 'does not fit the last event' : `is by an unknown key (${head.signature.keyId})`;
  return [{ what: 'signature', problem }];
}
