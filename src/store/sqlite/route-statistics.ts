import type { DatabaseSync } from 'node:sqlite';
import type { Instant } from '../../core/ids.ts';
import type { CandidateRecord, RouteStatistics } from '../../core/ports.ts';
import { ATTEMPTS_THAT_COUNT, candidateRecord } from '../candidate-record.ts';
import type { EndedAttempt } from '../candidate-record.ts';
import { prepareQuery } from './connection.ts';
import type { Query } from './connection.ts';

/** Each question looks at one end of an index, however many attempts there have been. */
export class SqliteRouteStatistics implements RouteStatistics {
  readonly #running: Query<{ readonly running: number }>;
  readonly #ended: Query<EndedAttempt>;
  readonly #last: Query<{ readonly at: Instant | null }>;

  constructor(reader: DatabaseSync) {
    this.#running = prepareQuery(
      reader,
      'select count(*) as running from attempts where candidate = ? and ended_at is null',
    );
    this.#ended = prepareQuery(
      reader,
      `select state, ended_at - started_at as durationMs from attempts
       where candidate = ? and ended_at is not null order by started_at desc limit ${ATTEMPTS_THAT_COUNT}`,
    );
    this.#last = prepareQuery(reader, 'select max(started_at) as at from attempts where candidate = ?');
  }

  async of(candidates: readonly string[]): Promise<ReadonlyMap<string, CandidateRecord>> {
    return new Map(candidates.map((candidate) => [candidate, this.#recordOf(candidate)]));
  }

  #recordOf(candidate: string): CandidateRecord {
    return candidateRecord({
      running: this.#running.get(candidate)?.running ?? 0,
      ended: this.#ended.all(candidate),
      lastAt: this.#last.get(candidate)?.at ?? null,
    });
  }
}
