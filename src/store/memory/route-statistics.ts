import type { CandidateRecord, RouteStatistics } from '../../core/ports.ts';
import { ATTEMPTS_THAT_COUNT, candidateRecord } from '../candidate-record.ts';
import type { MemoryState } from './state.ts';

export class MemoryRouteStatistics implements RouteStatistics {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  async of(candidates: readonly string[]): Promise<ReadonlyMap<string, CandidateRecord>> {
    return new Map(candidates.map((candidate) => [candidate, this.#recordOf(candidate)]));
  }

  #recordOf(candidate: string): CandidateRecord {
    const attempts = [...this.#state.routed.values()].filter((attempt) => attempt.candidate === candidate);
    const ended = attempts.flatMap(({ state, startedAt, endedAt }) =>
      endedAt === undefined ? [] : [{ state, durationMs: endedAt - startedAt }],
    );
    return candidateRecord({
      running: attempts.length - ended.length,
      ended: ended.slice(-ATTEMPTS_THAT_COUNT),
      lastAt: attempts.at(-1)?.startedAt ?? null,
    });
  }
}
