import type { RunEvent } from '../core/events.ts';
import type { RunId, StepPath } from '../core/ids.ts';
import type { Level } from '../core/schema.ts';
import { rehearse, RehearsalFiles } from '../engine/rehearsal.ts';
import type { RehearsedStep } from '../engine/rehearsal.ts';
import type { Because } from '../engine/reuse.ts';
import { prepareBranch } from './branch-run.ts';
import type { BranchRunInput, ReadyBranch } from './branch-run.ts';
import type { App } from './context.ts';
import { toSubmission } from './start-run.ts';

export interface PlannedStep {
  readonly path: StepPath;
  /** `block`: what the parent made does not pass at the stricter level. */
  readonly action: 'reuse' | 'run' | 'block';
  /** Why it runs. */
  readonly because: Because | null;
  /** What it cost in the parent; null when there is no price, or when it was not done there. */
  readonly costMicroUsd: number | null;
}

/** What a branch takes over, what it makes anew, and what that will cost. */
export interface BranchPlan {
  readonly parent: RunId;
  readonly from: StepPath;
  readonly config: string;
  readonly profile: string;
  readonly safety: Level;
  readonly seed: number;
  readonly steps: readonly PlannedStep[];
  readonly reused: number;
  readonly runs: number;
  /** The sum of what these steps cost in the parent; `unpriced` of them call a model and have no price there. */
  readonly cost: { readonly microUsd: number; readonly unpriced: number };
  /** `profile`: other models, so the cost may be another one. `level`: reused texts are judged anew. */
  readonly notes: readonly ('profile' | 'level')[];
}

/**
 * Says what `branchRun` would do, and writes nothing. A step that runs is taken to end as it did in the parent; steps
 * that read what it makes are counted as running, though they are taken over if it makes the same bytes again.
 *
 * @throws as `branchRun`
 */
export async function branchPlan(app: App, input: BranchRunInput): Promise<BranchPlan> {
  const branch = await prepareBranch(app, input);
  const { parent, ready, events } = branch;
  const files = new RehearsalFiles(app.store.files, app.digest);
  const submission = await toSubmission(app, ready, { runId: app.ids.runId(), files });
  const rehearsed = await rehearse(app.engine, submission, files);
  const costs = await new Costs(app).of(events);
  const running = rehearsed.filter(({ because }) => because !== undefined);
  const { request } = ready;
  return {
    parent: parent.runId,
    from: parent.fromStep,
    config: request.config,
    profile: request.profile,
    safety: request.level,
    seed: request.seed,
    steps: rehearsed.map((step) => planned(step, costs)),
    reused: rehearsed.length - running.length,
    runs: running.length,
    cost: {
      microUsd: running.reduce((sum, { path }) => sum + (costs.get(path)?.microUsd ?? 0), 0),
      unpriced: running.filter(({ path, calls }) => calls && costs.get(path)?.priced !== true).length,
    },
    notes: notesOf(branch),
  };
}

const notesOf = ({ ready: { request }, created }: ReadyBranch): BranchPlan['notes'] => [
  ...(request.profile === created.profile ? [] : ['profile' as const]),
  ...(request.level === created.level ? [] : ['level' as const]),
];

function planned({ path, because, blocked, calls }: RehearsedStep, costs: StepCosts): PlannedStep {
  const action = because === undefined ? (blocked ? 'block' : 'reuse') : 'run';
  const cost = costs.get(path);
  const known = cost?.priced === true || !calls;
  return { path, action, because: because ?? null, costMicroUsd: known ? (cost?.microUsd ?? 0) : null };
}

type StepCosts = ReadonlyMap<StepPath, { readonly microUsd: number; readonly priced: boolean }>;

/** What steps have cost, over all their attempts. A step that was taken over cost what it did where it was made. */
class Costs {
  readonly #app: App;
  readonly #known = new Map<RunId, Promise<StepCosts>>();

  constructor(app: App) {
    this.#app = app;
  }

  async of(events: readonly RunEvent[]): Promise<StepCosts> {
    const costs = new Map<StepPath, { microUsd: number; priced: boolean }>();
    for (const event of events) {
      const { stepPath: path } = event;
      if (path === undefined) continue;
      const { microUsd, priced } = costs.get(path) ?? { microUsd: 0, priced: true };
      if (event.type === 'attempt.ended' && event.data.usage !== undefined) {
        const { costMicroUsd } = event.data.usage;
        costs.set(path, { microUsd: microUsd + (costMicroUsd ?? 0), priced: priced && costMicroUsd !== null });
      }
      if (event.type === 'step.reused') {
        const made = (await this.#ofRun(event.data.from.runId)).get(path);
        if (made !== undefined) costs.set(path, made);
      }
    }
    return costs;
  }

  #ofRun(runId: RunId): Promise<StepCosts> {
    const known = this.#known.get(runId) ?? this.#read(runId);
    this.#known.set(runId, known);
    return known;
  }

  async #read(runId: RunId): Promise<StepCosts> {
    const events: RunEvent[] = [];
    for await (const event of this.#app.store.log.read(runId)) events.push(event);
    return this.of(events);
  }
}
