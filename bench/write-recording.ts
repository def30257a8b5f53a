/** What an engine writes, statement by statement, so that the same can be written again without an engine. */
import { StatementSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';

/** A statement that changes rows, or begins or commits a transaction, with the values bound to it. */
export interface Write {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

type Execute = (this: StatementSync, ...values: SQLInputValue[]) => unknown;

const METHODS = ['run', 'get', 'all'] as const;
const CHANGES = /^\s*(insert|update|delete|begin|commit)\b/i;
const UNDOES = /^\s*rollback\b/i;

/**
 * Records, until it is disposed of, what every connection of this thread changes. Reads and savepoints are the engine's
 * own means and are left out.
 *
 * @throws when something is undone: the rest would no longer be what is in the database
 */
export function recordWrites(): Disposable & { readonly writes: readonly Write[] } {
  const writes: Write[] = [];
  const { prototype } = StatementSync;
  const own = METHODS.map((name): [string, Execute] => [name, Reflect.get(prototype, name) as Execute]);
  const recorded = (execute: Execute): Execute =>
    function recording(...values) {
      const result = execute.apply(this, values);
      if (UNDOES.test(this.sourceSQL)) throw new Error(`The measured work was undone: ${this.sourceSQL}`);
      if (CHANGES.test(this.sourceSQL)) writes.push({ sql: this.sourceSQL, values });
      return result;
    };
  Object.assign(prototype, Object.fromEntries(own.map(([name, execute]) => [name, recorded(execute)])));
  return { writes, [Symbol.dispose]: () => void Object.assign(prototype, Object.fromEntries(own)) };
}
