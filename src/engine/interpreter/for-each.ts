import { DEFAULT_CONCURRENCY, MOST_ITERATIONS } from '../../core/definitions.ts';
import type { StepDefinition } from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import { stepPath } from '../../core/ids.ts';
import type { StepPath } from '../../core/ids.ts';
import { definitionOf } from './plan.ts';
import { together } from './problems.ts';
import type { Problems } from './problems.ts';
import { runSteps } from './run-steps.ts';
import { Scope } from './scope.ts';
import type { OwnScope, StepEnd } from './scope.ts';

/**
 * Runs its steps once per output, or so many times, several at a time. Iterations are independent: the step succeeds
 * when at least one did (the others are its problems), is blocked when none succeeded and one was blocked, else it fails.
 */
export async function runForEach(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const tally = new Tally();
  await each(countOf(step, scope), step.concurrency ?? DEFAULT_CONCURRENCY, async (index) => {
    const path = stepPath(scope.path, step.id, index + 1);
    const inner = new Scope(scope.plan, scope, { path, ...iteration(step, scope, index) });
    tally.take(await runSteps(step.steps ?? [], inner), { index, path });
  });
  return tally.end();
}

function countOf({ forEach = 0 }: StepDefinition, scope: Scope): number {
  const count = scope.count(forEach);
  if (count <= MOST_ITERATIONS) return count;
  throw new StemmaError('INPUT_INVALID', `A loop has at most ${MOST_ITERATIONS} iterations, not ${count}.`, {
    facts: { count, most: MOST_ITERATIONS },
  });
}

/** A chain of rounds counts; outputs are no chain, each of them is a first round. */
function iteration({ forEach }: StepDefinition, { plan }: Scope, index: number): OwnScope {
  if (forEach !== 'outputs') return { iteration: index + 1 };
  const id = plan.request.outputs[index] ?? '';
  return { iteration: 1, output: { id, definition: definitionOf(plan.definitions, 'outputs', id).definition } };
}

/**
 * Runs the work so often, at most `concurrency` at a time; in order as far as places are free. When one throws, the
 * others are still waited for: nothing goes on behind the caller's back.
 */
export async function each(count: number, concurrency: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(concurrency, count) }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}

const MOST_PARTS = 100;

interface Part extends Required<Problems> {
  readonly index: number;
}

/** What the iterations have come to, whatever the order in which they end; of each only what the step's end needs. */
class Tally {
  #succeeded = false;
  #parts: Part[] = [];
  #more = 0;
  /** The first by place of those that ended so. */
  readonly #firsts = new Map<StepEnd['state'], { readonly index: number; readonly end: StepEnd }>();

  take(end: StepEnd, at: { readonly index: number; readonly path: StepPath }): void {
    const { state, fault } = end;
    if (state === 'succeeded') {
      this.#succeeded = true;
      this.#add(at.index, end);
      return;
    }
    this.#add(at.index, { problems: [{ stepPath: at.path, state, code: fault?.code ?? 'INTERNAL' }] });
    if (at.index < (this.#firsts.get(state)?.index ?? Infinity))
      this.#firsts.set(state, { index: at.index, end: fault === undefined ? { state } : { state, fault } });
  }

  end(): StepEnd {
    const stopped = this.#firsts.get('halted') ?? this.#firsts.get('canceled');
    if (stopped !== undefined) return stopped.end;
    const failed = this.#firsts.get('blocked') ?? this.#firsts.get('failed');
    if (failed !== undefined && !this.#succeeded) return failed.end;
    return { state: 'succeeded', ...together([...this.#inOrder(), { moreProblems: this.#more }]) };
  }

  /** Each part has a problem at least, so that more of them than are listed need not be kept. */
  #add(index: number, { problems = [], moreProblems = 0 }: Problems): void {
    if (problems.length === 0) return;
    this.#parts.push({ index, problems, moreProblems });
    if (this.#parts.length <= 2 * MOST_PARTS) return;
    this.#parts = this.#inOrder();
    for (const other of this.#parts.splice(MOST_PARTS)) this.#more += other.problems.length + other.moreProblems;
  }

  #inOrder(): Part[] {
    return this.#parts.toSorted((a, b) => a.index - b.index);
  }
}
