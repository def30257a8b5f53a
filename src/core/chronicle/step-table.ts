import type { RunEvent } from '../events.ts';
import type { StepPath } from '../ids.ts';
import type { Cost, StepView } from '../shapes.ts';
import { triesOf } from './attempts.ts';
import type { ChronicleSource } from './source.ts';
import { costOf, stepViews } from './steps.ts';

/** What a table of steps comes to. */
export interface StepTotals {
  /** In order of their first event. */
  readonly steps: readonly StepView[];
  /** `provider: model`, each once. */
  readonly models: readonly string[];
  readonly cost: Cost;
}

/**
 * The steps of a run whose events come one after the other. A step that has succeeded is never executed again, so that
 * its events are let go: the table is as large as its views, however long the run.
 */
export class StepTable {
  readonly #source: Pick<ChronicleSource, 'digest' | 'message'>;
  /** In order of their first event; undefined as long as a step may go on. */
  readonly #views = new Map<StepPath, StepView | undefined>();
  readonly #open = new Map<StepPath, RunEvent[]>();
  readonly #models = new Set<string>();
  #cost: Cost = { microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0 };
  #created: RunEvent | undefined;
  #ended: RunEvent | undefined;

  constructor(source: Pick<ChronicleSource, 'digest' | 'message'>) {
    this.#source = source;
  }

  take(event: RunEvent): void {
    const { stepPath: path } = event;
    if (path === undefined) {
      this.#created ??= event;
      if (event.type === 'run.ended') this.#ended = event;
      return;
    }
    const events = this.#open.get(path) ?? [];
    events.push(event);
    this.#open.set(path, events);
    if (!this.#views.has(path)) this.#views.set(path, undefined);
    if (event.type === 'attempt.ended' && event.data.state === 'succeeded') this.#tell(path, events);
  }

  /** When the last event has been taken. */
  end(): StepTotals {
    for (const [path, events] of this.#open) this.#tell(path, events);
    const steps = [...this.#views.values()].filter((view) => view !== undefined);
    return { steps, models: [...this.#models], cost: this.#cost };
  }

  #tell(path: StepPath, own: readonly RunEvent[]): void {
    this.#open.delete(path);
    const events = [this.#created, ...own, this.#ended].filter((event) => event !== undefined);
    const tries = triesOf({ ...this.#source, events });
    // what comes after a step's end (a note) makes no view
    const [view] = stepViews({ events }, tries);
    if (view !== undefined) this.#views.set(path, view);
    const attempts = tries.map((one) => one.view);
    for (const { provider, model } of attempts) if (model !== null) this.#models.add(`${provider}: ${model}`);
    const cost = costOf(attempts);
    this.#cost = {
      microUsd: this.#cost.microUsd + cost.microUsd,
      tokensIn: this.#cost.tokensIn + cost.tokensIn,
      tokensOut: this.#cost.tokensOut + cost.tokensOut,
      unpriced: this.#cost.unpriced + cost.unpriced,
    };
  }
}
