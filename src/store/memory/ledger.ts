import { StemmaError } from '../../core/errors.ts';
import type { WorkerId } from '../../core/ids.ts';
import type { Clock, Lease, LedgerNeed, OpenReservation } from '../../core/ports.ts';
import { keyOf } from '../budgets.ts';
import type { Account, BudgetName, BudgetRule } from '../budgets.ts';
import type { LedgerTables } from '../stored-ledger.ts';
import type { Taken } from '../minute-window.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { MemoryReservation, MemoryState } from './state.ts';

/** What the ledger keeps, as maps and lists of the state. */
export class MemoryLedgerTables implements LedgerTables {
  readonly #state: MemoryState;
  readonly #clock: Clock;
  readonly #watch: WorkerWatch;

  constructor(state: MemoryState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
    this.#watch = new WorkerWatch(clock);
  }

  isHeld(lease: Lease): boolean {
    const run = this.#state.runs.get(lease.runId);
    return run?.token === lease.token && run.holder !== undefined;
  }

  rule(name: BudgetName): BudgetRule | undefined {
    return this.#state.ledger.rules.get(keyOf(name));
  }

  rules(): readonly (BudgetName & BudgetRule)[] {
    return [...this.#state.ledger.rules.values()];
  }

  putRule({ scope, subject }: BudgetName, rule: BudgetRule): void {
    this.#state.ledger.rules.set(keyOf({ scope, subject }), { scope, subject, ...rule });
  }

  dropRule(name: BudgetName): void {
    this.#state.ledger.rules.delete(keyOf(name));
  }

  account(name: BudgetName): Account | undefined {
    return this.#state.ledger.accounts.get(keyOf(name));
  }

  accounts(): readonly Account[] {
    return [...this.#state.ledger.accounts.values()];
  }

  putAccount(account: Account): void {
    this.#state.ledger.accounts.set(keyOf(account), account);
  }

  held(permit: string, asker: WorkerId): number {
    let held = 0;
    for (const { lease, permits } of this.#state.ledger.reservations.values()) {
      const amount = permits.get(permit) ?? 0;
      if (amount > 0 && this.isHeld(lease) && (lease.worker === asker || this.#isAlive(lease.worker))) held += amount;
    }
    return held;
  }

  taken(permit: string): readonly Taken[] {
    return this.#state.ledger.taken.filter(({ name }) => name === permit);
  }

  dropTaken(keys: readonly number[]): void {
    const { ledger } = this.#state;
    ledger.taken = ledger.taken.filter(({ key }) => !keys.includes(key));
  }

  addReservation(lease: Lease, need: LedgerNeed): number {
    const { ledger } = this.#state;
    const { path, attempt, costMicroUsd, budgets } = need;
    for (const other of ledger.reservations.values())
      if (other.lease.runId === lease.runId && other.path === path && other.attempt === attempt)
        throw new StemmaError('STATE_CONFLICT', `Attempt ${attempt} of ${path} has a reservation already.`);
    const id = (ledger.lastKey += 1);
    const held = need.permits.filter(({ kind }) => kind === 'held');
    const permits = new Map(held.map(({ name, amount }) => [name, amount]));
    ledger.reservations.set(id, { id, lease, path, attempt, costMicroUsd, budgets, permits });
    const takenAt = this.#clock.now();
    const minutes = need.permits.filter(({ kind }) => kind === 'minute');
    const taken = minutes.map(({ name, amount }) => ({ key: (ledger.lastKey += 1), name, amount, takenAt }));
    ledger.taken = [...ledger.taken, ...taken];
    return id;
  }

  reservation(id: number): MemoryReservation | undefined {
    return this.#state.ledger.reservations.get(id);
  }

  dropReservation(id: number): void {
    this.#state.ledger.reservations.delete(id);
  }

  left({ runId, token }: Lease): readonly OpenReservation[] {
    return [...this.#state.ledger.reservations.values()]
      .filter(({ lease }) => lease.runId === runId && lease.token < token)
      .map(({ id, path, attempt, costMicroUsd }) => ({ id, path, attempt, costMicroUsd }));
  }

  #isAlive(worker: WorkerId): boolean {
    const row = this.#state.workers.get(worker);
    return row !== undefined && this.#watch.observe(row) !== 'dead';
  }
}
