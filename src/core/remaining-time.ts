/** How long a run still takes, from how long its steps take as a rule. Times are milliseconds. */
import { DEFAULT_CONCURRENCY } from './definitions.ts';
import type { StepDefinition } from './definitions.ts';
import { stepPath } from './ids.ts';
import type { Instant, StepPath } from './ids.ts';
import type { StepView } from './shapes.ts';
import { needsOf } from './step-graph.ts';

/**
 * How long the stage of a step takes with the model it would call now; undefined when nothing is known.
 *
 * @param output - inside of the loop over outputs: which one, from 1
 */
export type TypicalMs = (step: StepDefinition, output: number | undefined) => number | undefined;

export interface RemainingParts {
  readonly known: readonly StepView[];
  readonly now: Instant;
  readonly roundsOf: (step: StepDefinition) => number;
  readonly typicalMs: TypicalMs;
  /** What a step of this run has taken on average; it stands in where nothing else is known. */
  readonly paceMs: number | undefined;
}

type Steps = readonly StepDefinition[];
interface At {
  readonly path: StepPath | undefined;
  readonly output: number | undefined;
}

/** Makes every sum and maximum that it goes into itself. */
const UNKNOWN = Number.NaN;

/**
 * Until all steps have ended; null when nobody can know: before anything is known of a step, and while the run waits
 * for an answer or will. Steps that do not need each other, and as many iterations of a `forEach` as run side by side,
 * share their time.
 */
export function remainingMsOf(steps: Steps, parts: RemainingParts): number | null {
  const ms = steps.length === 0 ? UNKNOWN : new Estimate(parts).ofList(steps, { path: undefined, output: undefined });
  return Number.isNaN(ms) ? null : Math.round(ms);
}

const OVER: ReadonlySet<StepView['state']> = new Set(['succeeded', 'skipped', 'failed', 'blocked', 'canceled']);

class Estimate {
  readonly #parts: RemainingParts;
  readonly #known: ReadonlyMap<string, StepView>;
  /** Paths that something is recorded of, and those of the containers around them. */
  readonly #begun: ReadonlySet<string>;

  constructor(parts: RemainingParts) {
    this.#parts = parts;
    this.#known = new Map(parts.known.map((view) => [view.path, view]));
    this.#begun = new Set(parts.known.flatMap(({ path }) => withContainers(path)));
  }

  /** The longest way through what the steps need of each other. */
  ofList(steps: Steps, at: At): number {
    const passed = new Set(
      steps.flatMap((step, index) => (this.#begun.has(stepPath(at.path, step.id)) ? needsOf(steps, index) : [])),
    );
    const ends = new Map<string, number>();
    const endOf = (id: string): number => {
      const known = ends.get(id);
      if (known !== undefined) return known;
      const index = steps.findIndex((step) => step.id === id);
      const step = steps[index];
      if (step === undefined) return 0;
      const begin = longest(needsOf(steps, index).map(endOf));
      const end = begin + (passed.has(id) ? 0 : this.#ofStep(step, at));
      ends.set(id, end);
      return end;
    };
    return longest(steps.map(({ id }) => endOf(id)));
  }

  #ofStep(step: StepDefinition, at: At): number {
    const path = stepPath(at.path, step.id);
    if (this.#isOver(path)) return 0;
    if (step.forEach === undefined && step.repeat === undefined) return this.#ofRound(step, { ...at, path });
    const rounds = Array.from({ length: this.#parts.roundsOf(step) }, (_none, index) => {
      const output = step.forEach === 'outputs' ? index + 1 : at.output;
      return this.#ofRound(step, { path: stepPath(at.path, step.id, index + 1), output });
    });
    const sum = rounds.reduce((total, ms) => total + ms, 0);
    if (step.forEach === undefined) return sum;
    return Math.max(longest(rounds), sum / (step.concurrency ?? DEFAULT_CONCURRENCY));
  }

  #ofRound(step: StepDefinition, { path, output }: At & { readonly path: StepPath }): number {
    if (this.#isOver(path)) return 0;
    return step.steps === undefined
      ? this.#ofAttempt(step, { path, output })
      : this.ofList(step.steps, { path, output });
  }

  #ofAttempt(step: StepDefinition, { path, output }: At & { readonly path: StepPath }): number {
    const { typicalMs, paceMs, now } = this.#parts;
    const view = this.#known.get(path);
    if (view?.state === 'waiting' || step.review !== undefined || step.waitFor !== undefined) return UNKNOWN;
    // what has a condition and was never carried out is not expected now either
    const ms = typicalMs(step, output) ?? paceMs ?? (step.when === undefined ? UNKNOWN : 0);
    if (view?.state !== 'running' || view.startedAt === null) return ms;
    return Math.max(0, ms - (now - Date.parse(view.startedAt)));
  }

  #isOver(path: StepPath): boolean {
    const view = this.#known.get(path);
    return view !== undefined && OVER.has(view.state);
  }
}

const longest = (times: readonly number[]): number => times.reduce((most, ms) => Math.max(most, ms), 0);

/** `outputs[2].check` lies in `outputs[2]`, and that in `outputs`. */
function withContainers(path: string): string[] {
  const segments = path.split('.');
  return segments.flatMap((segment, at) => {
    const before = segments.slice(0, at).map((one) => `${one}.`);
    const own = before.join('') + segment;
    return [own, own.replace(/\[\d+\]$/, '')];
  });
}
