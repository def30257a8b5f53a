import { applyEvent, createRunFold } from '../core/apply.ts';
import type { RunFold, StepAnswer } from '../core/apply.ts';
import { isContainerStage } from '../core/containers.ts';
import { isKnownEvent } from '../core/events.ts';
import type { EventData, RunEvent } from '../core/events.ts';
import type { ArtifactId, RunId, StepPath } from '../core/ids.ts';
import type { ArtifactRow } from '../core/ports.ts';
import type { RecordedRoute } from '../core/schema.ts';
import { isBudgetQuestion } from './budgets.ts';
import type { Engine } from './engine.ts';
import type { MadeStep } from './parent-record.ts';

/** An attempt that brought its step further: to its end, to its next try, or to a question and the answer. */
export interface RecordedTry {
  readonly route: RecordedRoute | undefined;
  readonly ended: EventData['attempt.ended'];
  /** What its wait came to. */
  answer?: StepAnswer;
}

/** A run as it is replayed from. */
export interface ReplayRecord {
  readonly runId: RunId;
  readonly created: EventData['run.created'] | undefined;
  readonly ended: EventData['run.ended'] | undefined;
  readonly tries: ReadonlyMap<StepPath, readonly RecordedTry[]>;
  /** What it has taken over from a parent of its own. */
  readonly reused: ReadonlyMap<StepPath, MadeStep>;
  readonly verdicts: RunFold['verdicts'];
  readonly rows: ReadonlyMap<ArtifactId, ArtifactRow>;
}

/** Reads a run's log and artifact rows; nothing of it is changed. */
export async function readReplayRecord({ log }: Pick<Engine, 'log'>, runId: RunId): Promise<ReplayRecord> {
  const rows = new Map((await log.artifacts(runId)).map((row) => [row.id, row]));
  const reader = new Reader(rows);
  for await (const event of log.read(runId)) reader.take(event);
  const { tries, reused, fold } = reader;
  const { created, ended, verdicts } = fold;
  return { runId, created, ended, tries, reused, verdicts, rows };
}

class Reader {
  readonly tries = new Map<StepPath, RecordedTry[]>();
  readonly reused = new Map<StepPath, MadeStep>();
  readonly fold = createRunFold();
  readonly #rows: ReplayRecord['rows'];
  readonly #started = new Map<StepPath, EventData['attempt.started']>();

  constructor(rows: ReplayRecord['rows']) {
    this.#rows = rows;
  }

  take(event: RunEvent): void {
    if (!isKnownEvent(event.type)) return;
    const { stepPath: path } = event;
    if (path !== undefined && event.type === 'attempt.started') this.#start(path, event.data);
    if (path !== undefined && event.type === 'attempt.ended') this.#end(path, event.data);
    if (path !== undefined && event.type === 'step.reused') this.reused.set(path, event.data);
    applyEvent(this.fold, event);
  }

  #start(path: StepPath, started: EventData['attempt.started']): void {
    this.#started.set(path, started);
    const answer = this.fold.steps.get(path)?.answer;
    const last = this.tries.get(path)?.at(-1);
    if (answer !== undefined && last?.ended.wait !== undefined) last.answer ??= answer;
  }

  #end(path: StepPath, ended: EventData['attempt.ended']): void {
    const started = this.#started.get(path);
    if (started === undefined || isContainerStage(started.stage) || !this.#counts(ended)) return;
    const tries = this.tries.get(path) ?? [];
    tries.push({ route: started.route, ended });
    this.tries.set(path, tries);
  }

  /**
   * Attempts that were cut short say nothing, and neither do those that waited for a place, a breaker or money: a replay
   * needs none of them.
   */
  #counts({ state, wait }: EventData['attempt.ended']): boolean {
    if (state === 'abandoned' || state === 'canceled') return false;
    if (state !== 'suspended') return true;
    if (wait === undefined) return false;
    return wait.for !== 'person' || !isBudgetQuestion(this.#rows.get(wait.question)?.type ?? '');
  }
}
