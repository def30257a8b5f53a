/** Permits and budgets over the tables of any store: what is asked, in which order, and what is written. */
import { StemmaError } from '../core/errors.ts';
import type { InstallationDraft } from '../core/events.ts';
import type { WorkerId } from '../core/ids.ts';
import type {
  BudgetRef,
  Clock,
  Lease,
  Ledger,
  LedgerNeed,
  OpenReservation,
  PermitNeed,
  Reservation,
} from '../core/ports.ts';
import type { BudgetStanding } from '../core/schema.ts';
import { charge, emptyAccount, exceeds, keyOf, leftIn, refuses, toStanding } from './budgets.ts';
import type { Account, BudgetName, BudgetRule } from './budgets.ts';
import { LEDGER } from './changes.ts';
import type { Changes } from './changes.ts';
import { MinuteWindow } from './minute-window.ts';
import type { Taken } from './minute-window.ts';
import { leaseLost } from './refusals.ts';

/** When a permit is asked for again that nobody has given back: its holder may have died. */
const HELD_RETRY_MS = 1000;
/** The subject of a budget that was set for all subjects of its scope. */
const EACH = '*';

/** What a store keeps of the ledger. Writes run inside a write of the store. */
export interface LedgerTables {
  isHeld(lease: Lease): boolean;
  /** The rule that was set for exactly this name. */
  rule(name: BudgetName): BudgetRule | undefined;
  rules(): readonly (BudgetName & BudgetRule)[];
  putRule(name: BudgetName, rule: BudgetRule): void;
  dropRule(name: BudgetName): void;
  account(name: BudgetName): Account | undefined;
  accounts(): readonly Account[];
  putAccount(account: Account): void;
  /** What reservations hold whose workers still hold their runs, with the same lease, and are not dead. */
  held(permit: string, asker: WorkerId): number;
  taken(permit: string): readonly Taken[];
  dropTaken(keys: readonly number[]): void;
  /** With its permits. @throws {StemmaError} STATE_CONFLICT when the attempt has one */
  addReservation(lease: Lease, need: LedgerNeed): number;
  reservation(
    id: number,
  ): { readonly costMicroUsd: number | null; readonly budgets: readonly BudgetName[] } | undefined;
  dropReservation(id: number): void;
  /** Those of a run that were made under earlier leases. */
  left(lease: Lease): readonly OpenReservation[];
}

export interface StoredLedgerParts {
  readonly tables: LedgerTables;
  readonly writes: { write<T>(write: (topics: Set<string>) => T): Promise<T> };
  readonly installation: { appendNow(drafts: readonly InstallationDraft[], topics: Set<string>): unknown };
  readonly changes: Changes;
  readonly clock: Clock;
  /** Aborted when the store closes. */
  readonly closing: AbortSignal;
}

export class StoredLedger implements Ledger {
  readonly #parts: StoredLedgerParts;
  readonly #window: MinuteWindow;

  constructor(parts: StoredLedgerParts) {
    this.#parts = parts;
    this.#window = new MinuteWindow(parts.clock);
  }

  reserve(lease: Lease, need: LedgerNeed): Promise<Reservation> {
    const { tables, writes } = this.#parts;
    return writes.write((): Reservation => {
      if (!tables.isHeld(lease)) throw leaseLost(lease);
      const budgets = unique(need.budgets);
      const charged = charge(
        budgets.map((ref) => ({ account: tables.account(ref) ?? emptyAccount(ref), rule: this.#ruleOf(ref) })),
        need,
      );
      if ('because' in charged) return { ok: false, ...charged };
      const busy = this.#busyPermit(need.permits, lease.worker);
      if (busy !== undefined) return { ok: false, because: 'permit', ...busy };
      const id = tables.addReservation(lease, { ...need, budgets });
      for (const account of charged.accounts) tables.putAccount(account);
      return { ok: true, id, warned: charged.warned };
    });
  }

  async settle(id: number, costMicroUsd: number | null): Promise<void> {
    const { tables, writes } = this.#parts;
    await writes.write(() => {
      const reservation = tables.reservation(id);
      if (reservation === undefined) return;
      for (const name of reservation.budgets) {
        const account = tables.account(name) ?? emptyAccount(name);
        const reservedMicroUsd = account.reservedMicroUsd - (reservation.costMicroUsd ?? 0);
        tables.putAccount({ ...account, reservedMicroUsd, spentMicroUsd: account.spentMicroUsd + (costMicroUsd ?? 0) });
      }
      tables.dropReservation(id);
    });
    this.#tell();
  }

  async left(lease: Lease): Promise<readonly OpenReservation[]> {
    return this.#parts.tables.left(lease);
  }

  async changed(maxMs: number, signal: AbortSignal): Promise<void> {
    const { changes, clock, closing } = this.#parts;
    const over = new AbortController();
    const until = AbortSignal.any([signal, closing, over.signal]);
    const stop = (): void => over.abort();
    const timeUp = clock.sleep(maxMs, until).then(stop, stop);
    await changes.next(LEDGER, until);
    over.abort();
    await timeUp;
  }

  async available(budgets: readonly BudgetRef[]): Promise<number | null> {
    const left = budgets.flatMap((ref) => {
      const rule = this.#ruleOf(ref);
      if (rule === undefined || !refuses(rule)) return [];
      return Math.max(0, leftIn(this.#parts.tables.account(ref) ?? emptyAccount(ref), rule));
    });
    return left.length === 0 ? null : Math.min(...left);
  }

  async setBudget(budget: BudgetName & BudgetRule & { readonly by: string }): Promise<void> {
    const { tables, writes, installation } = this.#parts;
    const { scope, subject, limitMicroUsd, mode, by } = budget;
    await writes.write((topics) => {
      installation.appendNow([{ type: 'budget.set', data: { scope, subject, limitMicroUsd, mode, by } }], topics);
      tables.putRule({ scope, subject }, { limitMicroUsd, mode });
    });
    this.#tell();
  }

  async removeBudget({ scope, subject, by }: BudgetName & { readonly by: string }): Promise<void> {
    const { tables, writes, installation } = this.#parts;
    await writes.write((topics) => {
      const rule = tables.rule({ scope, subject });
      if (rule === undefined) throw budgetNotFound({ scope, subject });
      installation.appendNow([{ type: 'budget.removed', data: { scope, subject, by } }], topics);
      tables.dropRule({ scope, subject });
    });
    this.#tell();
  }

  async standings(): Promise<readonly BudgetStanding[]> {
    const { tables } = this.#parts;
    const set = tables.rules().map((rule) => toStanding(tables.account(rule) ?? emptyAccount(rule), rule));
    const others = tables.accounts().flatMap((account) => {
      const rule = tables.rule({ ...account, subject: EACH }) ?? account.rule;
      return rule === undefined || tables.rule(account) !== undefined ? [] : [toStanding(account, rule)];
    });
    return [...set, ...others].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** What people have set goes before what the caller knows. */
  #ruleOf(ref: BudgetRef): BudgetRule | undefined {
    const { tables } = this.#parts;
    return tables.rule(ref) ?? tables.rule({ ...ref, subject: EACH }) ?? ref.rule;
  }

  #busyPermit(
    needs: readonly PermitNeed[],
    asker: WorkerId,
  ): { readonly name: string; readonly retryInMs: number } | undefined {
    for (const need of needs) {
      const retryInMs = need.kind === 'held' ? this.#waitForHeld(need, asker) : this.#waitForMinute(need);
      if (retryInMs !== undefined) return { name: need.name, retryInMs };
    }
    return undefined;
  }

  #waitForHeld(need: PermitNeed, asker: WorkerId): number | undefined {
    return exceeds(this.#parts.tables.held(need.name, asker), need) ? HELD_RETRY_MS : undefined;
  }

  #waitForMinute(need: PermitNeed): number | undefined {
    const { tables } = this.#parts;
    const { over, waitMs } = this.#window.look(need, tables.taken(need.name));
    if (over.length > 0) tables.dropTaken(over);
    return waitMs;
  }

  /** In a later turn, so that who was refused in the same commit waits already. */
  #tell(): void {
    setImmediate(() => this.#parts.changes.publish([LEDGER]));
  }
}

const unique = (budgets: readonly BudgetRef[]): readonly BudgetRef[] => [
  ...new Map(budgets.map((budget) => [keyOf(budget), budget])).values(),
];

const budgetNotFound = ({ scope, subject }: BudgetName): StemmaError =>
  new StemmaError('NOT_FOUND', `No budget is set for ${scope} ${subject}.`, {
    facts: { scope, subject },
    hint: '`stemma budgets list` shows those that are set.',
  });
