/** Whose run is next within a class of priority, and how runs that wait rise from class to class. Runs inside writes. */
import type { DatabaseSync } from 'node:sqlite';
import { RISES_AFTER_MS, nextTurn, risenClass } from '../queue-order.ts';
import { CLAIMABLE } from './claimable.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';

/** So that thousands of runs that come due together don't stop the event loop; the rest rises at the next claim. */
const MOST_RISING = 200;

interface Waiting {
  readonly key: number;
  readonly share: string | null;
  readonly class: number;
  readonly since: number;
}

export class Turns {
  readonly #standing: Query<{ readonly last: number | null; readonly round: number | null }>;
  readonly #take: Change;
  readonly #due: Query<Waiting>;
  readonly #rise: Change;
  readonly #begin: Change;
  readonly #forget: Change;

  constructor(database: DatabaseSync) {
    this.#standing = prepareQuery(
      database,
      `select (select turn from turns where class = ?1 and share = ?2) as last,
        (select turn from rounds where class = ?1) as round`,
    );
    this.#take = prepareChange(
      database,
      'insert into turns (class, share, turn) values (?, ?, ?) on conflict do update set turn = excluded.turn',
    );
    this.#due = prepareQuery(
      database,
      `select key, share, class, class_since as since from runs indexed by runs_waiting_longest
       where ${CLAIMABLE} and class > 0 and class_since <= ?2 - ${RISES_AFTER_MS}
       order by class_since, key limit ${MOST_RISING}`,
    );
    this.#rise = prepareChange(
      database,
      `update runs set class = ?, turn = ?, class_since = class_since + ? where key = ?`,
    );
    this.#begin = prepareChange(
      database,
      'insert into rounds (class, turn) values (?, ?) on conflict do update set turn = max(turn, excluded.turn)',
    );
    this.#forget = prepareChange(
      database,
      'delete from turns where turn < (select turn from rounds where rounds.class = turns.class)',
    );
  }

  /** The turn of a run that joins the queue. */
  next(share: string | null, ofClass: number): number {
    const name = share ?? '';
    const { last, round } = this.#standing.get(ofClass, name) ?? { last: null, round: null };
    const turn = nextTurn(last ?? undefined, round ?? 0);
    this.#take(ofClass, name, turn);
    return turn;
  }

  /** The turn of a run that is held from the start: it takes nobody's place. */
  current(ofClass: number): number {
    return this.#standing.get(ofClass, '')?.round ?? 0;
  }

  /** Runs were claimed in their turn: the round has come so far. */
  reached(claimed: readonly { readonly class: number; readonly turn: number }[]): void {
    const rounds = new Map<number, number>();
    for (const { class: ofClass, turn } of claimed) rounds.set(ofClass, Math.max(turn, rounds.get(ofClass) ?? 0));
    for (const [ofClass, turn] of rounds) this.#begin(ofClass, turn);
  }

  /** Runs that have waited long enough rise, and join the round of their new class. */
  raise(dead: string, now: number): void {
    for (const run of this.#due.all(dead, now)) {
      const to = risenClass(run, now);
      this.#rise(to, this.next(run.share, to), (run.class - to) * RISES_AFTER_MS, run.key);
    }
  }

  /** Lets go of shares that a newcomer stands level with. */
  forget(): void {
    this.#forget();
  }
}
