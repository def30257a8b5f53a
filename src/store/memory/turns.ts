import { RISES_AFTER_MS, nextTurn, risenClass } from '../queue-order.ts';
import type { MemoryRun, MemoryState } from './state.ts';

/** Whose run is next within a class of priority, and how runs that wait rise from class to class. */
export class Turns {
  readonly #state: Pick<MemoryState, 'turns' | 'rounds'>;

  constructor(state: Pick<MemoryState, 'turns' | 'rounds'>) {
    this.#state = state;
  }

  /** The turn of a run that joins the queue. */
  next(share: string, ofClass: number): number {
    const shares = (this.#state.turns[ofClass] ??= new Map());
    const turn = nextTurn(shares.get(share), this.current(ofClass));
    shares.set(share, turn);
    return turn;
  }

  /** The turn of a run that is held from the start: it takes nobody's place. */
  current(ofClass: number): number {
    return this.#state.rounds[ofClass] ?? 0;
  }

  /** Runs were claimed in their turn: the round has come so far. */
  reached(claimed: readonly MemoryRun[]): void {
    for (const run of claimed) this.#state.rounds[run.class] = Math.max(run.turn, this.current(run.class));
  }

  /** Of the runs that can be claimed, those that have waited long enough rise, and join the round of their new class. */
  raise(claimable: readonly MemoryRun[], now: number): void {
    const due = claimable.filter((run) => run.class > 0 && now - run.classSince >= RISES_AFTER_MS);
    for (const run of due.toSorted((left, right) => left.classSince - right.classSince || left.key - right.key)) {
      const to = risenClass({ class: run.class, since: run.classSince }, now);
      run.classSince += (run.class - to) * RISES_AFTER_MS;
      run.turn = this.next(run.share, to);
      run.class = to;
    }
  }
}
