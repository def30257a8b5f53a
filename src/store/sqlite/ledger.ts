import type { DatabaseSync } from 'node:sqlite';
import type { WorkerId } from '../../core/ids.ts';
import type { Clock, Lease, LedgerNeed, OpenReservation } from '../../core/ports.ts';
import type { BudgetMode, BudgetScope } from '../../core/schema.ts';
import type { Account, BudgetName, BudgetRule } from '../budgets.ts';
import type { LedgerTables } from '../stored-ledger.ts';
import type { Taken } from '../minute-window.ts';
import { parseBudgetNames } from '../stored-texts.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Roster } from './roster.ts';

interface RuleRow {
  readonly scope: BudgetScope;
  readonly subject: string;
  readonly limit_micro_usd: number;
  readonly mode: BudgetMode;
}

interface AccountRow {
  readonly scope: BudgetScope;
  readonly subject: string;
  readonly spent_micro_usd: number;
  readonly reserved_micro_usd: number;
  readonly limit_micro_usd: number | null;
  readonly mode: BudgetMode | null;
  readonly warned: 0 | 1;
}

const ACCOUNTS =
  'select scope, subject, spent_micro_usd, reserved_micro_usd, limit_micro_usd, mode, warned from spendings';
const RULES = 'select scope, subject, limit_micro_usd, mode from budgets';
/** By runs whose holder has the lease of then and is not in the list (JSON) of the dead. */
const HELD = `select coalesce(sum(amount), 0) as amount
  from held_permits join reservations on reservations.id = reservation join runs on runs.key = run_key
  where name = ?1 and lease_token = token and holder is not null
    and holder not in (select value from json_each(?2))`;

export interface SqliteLedgerTablesParts {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly roster: Roster;
}

type Sql = ReturnType<typeof prepare>;

/** What the ledger keeps, as tables. Everything goes through the connection that writes: what it decides by is not to move. */
export class SqliteLedgerTables implements LedgerTables {
  readonly #clock: Clock;
  readonly #roster: Roster;
  readonly #sql: Sql;

  constructor({ database, clock, roster }: SqliteLedgerTablesParts) {
    this.#clock = clock;
    this.#roster = roster;
    this.#sql = prepare(database);
  }

  isHeld({ runId, token }: Lease): boolean {
    return this.#sql.lease.get(runId, token) !== undefined;
  }

  rule({ scope, subject }: BudgetName): BudgetRule | undefined {
    const row = this.#sql.rule.get(scope, subject);
    return row && toRule(row);
  }

  rules(): readonly (BudgetName & BudgetRule)[] {
    return this.#sql.rules.all().map((row) => ({ scope: row.scope, subject: row.subject, ...toRule(row) }));
  }

  putRule({ scope, subject }: BudgetName, { limitMicroUsd, mode }: BudgetRule): void {
    this.#sql.putRule(scope, subject, limitMicroUsd, mode);
  }

  dropRule({ scope, subject }: BudgetName): void {
    this.#sql.dropRule(scope, subject);
  }

  account({ scope, subject }: BudgetName): Account | undefined {
    const row = this.#sql.account.get(scope, subject);
    return row && toAccount(row);
  }

  accounts(): readonly Account[] {
    return this.#sql.accounts.all().map(toAccount);
  }

  putAccount({ scope, subject, spentMicroUsd, reservedMicroUsd, rule, warned }: Account): void {
    const limits = [rule?.limitMicroUsd ?? null, rule?.mode ?? null, warned ? 1 : 0];
    this.#sql.putAccount(scope, subject, spentMicroUsd, reservedMicroUsd, ...limits);
  }

  held(permit: string, asker: WorkerId): number {
    const dead = this.#roster.others(asker).filter(({ seen }) => seen === 'dead');
    return this.#sql.held.get(permit, JSON.stringify(dead.map(({ key }) => key)))?.amount ?? 0;
  }

  taken(permit: string): readonly Taken[] {
    return this.#sql.taken.all(permit);
  }

  dropTaken(keys: readonly number[]): void {
    this.#sql.dropTaken(JSON.stringify(keys));
  }

  addReservation(lease: Lease, need: LedgerNeed): number {
    const { path, attempt, costMicroUsd } = need;
    const budgets = need.budgets.map(({ scope, subject }) => ({ scope, subject }));
    const values = [lease.token, path, attempt, costMicroUsd, JSON.stringify(budgets), lease.runId];
    const id = Number(this.#sql.addReservation(...values).lastInsertRowid);
    const takenAt = this.#clock.now();
    for (const { kind, name, amount } of need.permits) {
      if (kind === 'held') this.#sql.hold(name, id, amount);
      else this.#sql.take(name, amount, takenAt);
    }
    return id;
  }

  reservation(
    id: number,
  ): { readonly costMicroUsd: number | null; readonly budgets: readonly BudgetName[] } | undefined {
    const row = this.#sql.reservation.get(id);
    return row && { costMicroUsd: row.cost_micro_usd, budgets: parseBudgetNames(id, row.budgets) };
  }

  dropReservation(id: number): void {
    this.#sql.dropReservation(id);
  }

  left({ runId, token }: Lease): readonly OpenReservation[] {
    return this.#sql.left.all(runId, token).map((row) => ({ ...row }));
  }
}

function prepare(database: DatabaseSync) {
  return {
    lease: prepareQuery(database, 'select key from runs where id = ? and lease_token = ? and holder is not null'),
    rule: prepareQuery<RuleRow>(database, `${RULES} where scope = ? and subject = ?`),
    rules: prepareQuery<RuleRow>(database, RULES),
    putRule: prepareChange(
      database,
      `insert into budgets (scope, subject, limit_micro_usd, mode) values (?, ?, ?, ?)
       on conflict do update set limit_micro_usd = excluded.limit_micro_usd, mode = excluded.mode`,
    ),
    dropRule: prepareChange(database, 'delete from budgets where scope = ? and subject = ?'),
    account: prepareQuery<AccountRow>(database, `${ACCOUNTS} where scope = ? and subject = ?`),
    accounts: prepareQuery<AccountRow>(database, ACCOUNTS),
    putAccount: prepareChange(
      database,
      `insert into spendings (scope, subject, spent_micro_usd, reserved_micro_usd, limit_micro_usd, mode, warned)
       values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set spent_micro_usd = excluded.spent_micro_usd,
         reserved_micro_usd = excluded.reserved_micro_usd, limit_micro_usd = excluded.limit_micro_usd,
         mode = excluded.mode, warned = excluded.warned`,
    ),
    held: prepareQuery<{ readonly amount: number }>(database, HELD),
    hold: prepareChange(database, 'insert into held_permits (name, reservation, amount) values (?, ?, ?)'),
    taken: prepareQuery<Taken>(database, 'select key, amount, taken_at as takenAt from taken_permits where name = ?'),
    take: prepareChange(database, 'insert into taken_permits (name, amount, taken_at) values (?, ?, ?)'),
    dropTaken: prepareChange(database, 'delete from taken_permits where key in (select value from json_each(?))'),
    addReservation: prepareChange(
      database,
      `insert into reservations (run_key, token, path, attempt, cost_micro_usd, budgets)
       select key, ?, ?, ?, ?, ? from runs where id = ?`,
    ),
    reservation: prepareQuery<{ readonly cost_micro_usd: number | null; readonly budgets: string }>(
      database,
      'select cost_micro_usd, budgets from reservations where id = ?',
    ),
    dropReservation: prepareChange(database, 'delete from reservations where id = ?'),
    left: prepareQuery<OpenReservation>(
      database,
      `select reservations.id, path, attempt, cost_micro_usd as costMicroUsd
       from reservations join runs on runs.key = run_key where runs.id = ? and token < ? order by reservations.id`,
    ),
  };
}

const toRule = ({ limit_micro_usd: limitMicroUsd, mode }: RuleRow): BudgetRule => ({ limitMicroUsd, mode });

function toAccount(row: AccountRow): Account {
  const { scope, subject, limit_micro_usd: limitMicroUsd, mode } = row;
  return {
    scope,
    subject,
    spentMicroUsd: row.spent_micro_usd,
    reservedMicroUsd: row.reserved_micro_usd,
    rule: limitMicroUsd === null || mode === null ? undefined : { limitMicroUsd, mode },
    warned: row.warned === 1,
  };
}
