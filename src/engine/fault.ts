import { toStemmaError } from '../core/errors.ts';
import { toHex } from '../core/ids.ts';
import type { Digest } from '../core/ids.ts';
import type { Facts } from '../core/json.ts';
import { isClosedFact } from '../core/schema.ts';
import type { Fault } from '../core/schema.ts';

const FRAMES = 5;

/**
 * A thrown value as a fault: what may stand in an event. The text and the stack are content; they go into the
 * artifact `detail`.
 */
export function toFault(thrown: unknown, digest: Digest): Fault {
  const error = toStemmaError(thrown);
  const source = thrown instanceof Error ? thrown : error;
  return {
    code: error.code,
    type: source.name !== '' && isClosedFact('type', source.name) ? source.name : 'Error',
    stackHash: stackHashOf({ code: error.code, type: source.name, stack: source.stack ?? '' }, digest),
    facts: closedFacts(error.facts),
  };
}

/**
 * First 16 hex digits of SHA-256 over code, error class and the function names of the first five frames outside Node
 * and `node_modules`: the same on every machine and after a restart (spec chapter 3).
 */
export function stackHashOf(error: { code: string; type: string; stack: string }, digest: Digest): string {
  const names = error.stack
    .split('\n')
    .filter((line) => /^\s*at /.test(line) && !/node:|node_modules/.test(line))
    .slice(0, FRAMES)
    .map((line) => /at (?:async )?(?:new )?([^\s(]+) (?:\[as [^\]]+\] )?\(/.exec(line)?.[1] ?? '<anonymous>');
  return toHex(digest.sha256([error.code, error.type, ...names].join('\n'))).slice(0, 16);
}

/** What a person reads about a thrown value, for the artifact `detail`; without the folders of this machine. */
export function describeThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\n\nCaused by: ${describeThrown(thrown.cause)}`;
  const stack = (thrown.stack ?? `${thrown.name}: ${thrown.message}`).replaceAll(INSTALLED_AT, '$1');
  return `${stack}${cause}`;
}

const INSTALLED_AT = /(?:file:\/\/)?(?:[A-Za-z]:)?[^\s()]*[\\/]((?:dist|src|node_modules|test)[\\/])/g;

/** Only what may stand in an event: a text that could be content is left out. */
export function closedFacts(facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([name, value]) => isClosedFact(name, value)));
}
