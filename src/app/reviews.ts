import { z } from 'zod';
import { foldRun } from '../core/apply.ts';
import type { RunFold } from '../core/apply.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { ArtifactId, Instant, RunId, StepPath } from '../core/ids.ts';
import { nearest } from '../core/nearest.ts';
import type { Wait } from '../core/schema.ts';
import { objectionTo } from '../engine/mail.ts';
import { commandRun } from './command-run.ts';
import type { Carried } from './command-run.ts';
import type { App } from './context.ts';
import { idInput } from './id-input.ts';
import { describeIssue } from './input-issue.ts';
import { parseRunId } from './read-run.ts';

/** A question that waits for a person. */
export interface OpenReview {
  readonly runId: RunId;
  readonly stepPath: StepPath;
  readonly config: string;
  readonly question: string;
  readonly options: readonly string[];
  readonly byDefault: string | null;
  /** Whoever asked for the run may not decide. */
  readonly byOther: boolean;
  readonly requestedAt: string;
  readonly expiresAt: string | null;
}

type PersonWait = Extract<Wait, { readonly for: 'person' }>;
interface Asked {
  readonly stepPath: StepPath;
  readonly wait: PersonWait;
}

/** Every question of every run that can still be answered, the oldest first. */
export async function listReviews(app: App): Promise<readonly OpenReview[]> {
  const found: OpenReview[] = [];
  for (const state of ['waiting', 'running', 'paused'] as const)
    for await (const { runId } of runsIn(app, state)) found.push(...(await reviewsOf(app, runId)));
  return found.toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt));
}

async function* runsIn(app: App, state: 'waiting' | 'running' | 'paused'): AsyncGenerator<{ runId: RunId }> {
  let cursor: string | undefined;
  do {
    const page = await app.store.queries.list({ state, limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

async function reviewsOf(app: App, runId: RunId): Promise<readonly OpenReview[]> {
  const { events, fold } = await readFold(app, runId);
  const asked = openQuestions(fold).filter(({ wait }) => !isOver(wait, app.clock.now()));
  return Promise.all(
    asked.map(async ({ stepPath, wait }) => {
      const parked = events.findLast((event) => event.type === 'attempt.ended' && event.stepPath === stepPath);
      return {
        runId,
        stepPath,
        config: fold.created?.config ?? '',
        question: await textOf(app, wait.question),
        options: wait.options,
        byDefault: wait.byDefault ?? null,
        byOther: wait.byOther ?? false,
        requestedAt: new Date(parked?.at ?? 0).toISOString(),
        expiresAt: wait.expiresAt === undefined ? null : new Date(wait.expiresAt).toISOString(),
      };
    }),
  );
}

async function readFold(app: App, runId: RunId): Promise<{ events: readonly RunEvent[]; fold: RunFold }> {
  const events: RunEvent[] = [];
  for await (const event of app.store.log.read(runId)) events.push(event);
  if (events.length === 0)
    throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
      hint: '`stemma reviews list` shows what waits for a decision.',
    });
  return { events, fold: foldRun(events) };
}

function openQuestions(fold: RunFold): readonly Asked[] {
  return [...fold.steps].flatMap(([stepPath, { state, ended, answer }]) => {
    const wait = state === 'suspended' && answer === undefined ? ended?.wait : undefined;
    return wait?.for === 'person' ? [{ stepPath, wait }] : [];
  });
}

/** Nobody may have noticed yet that the time is over: then no worker has held the run since. */
const isOver = ({ expiresAt }: PersonWait, now: Instant): boolean => expiresAt !== undefined && expiresAt <= now;

/** A question whose file is gone is still a question. */
async function textOf(app: App, id: ArtifactId): Promise<string> {
  const bytes = await app.store.files.read(id).catch(() => undefined);
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}

const MOST_CHARACTERS = 10_000;

export const decisionInput = z.strictObject({
  runId: z.string(),
  choice: z.string().min(1),
  /** Needed only where a run asks several things at once. */
  step: z.string().optional(),
  note: z.string().max(MOST_CHARACTERS).optional(),
  by: idInput.default('admin'),
});

/** How far a command's sender goes with the run afterwards. */
export interface CarryOn {
  readonly signal: AbortSignal;
  readonly carryOn?: boolean;
}

/**
 * Answers a run's question. The run goes on with the answer: here when no worker is live, unless that is not wanted.
 *
 * @throws {StemmaError} INPUT_INVALID · RUN_NOT_FOUND · STATE_CONFLICT when nothing is asked, the time is over or somebody else was faster · FORBIDDEN for whoever asked for the run, where another person is to decide
 */
export async function decideReview(app: App, input: z.input<typeof decisionInput>, options: CarryOn): Promise<Carried> {
  const { choice, by, step, note, ...rest } = parse(decisionInput, input);
  const runId = parseRunId(rest.runId);
  const { fold } = await readFold(app, runId);
  const { stepPath, wait } = questionAt(fold, step);
  const said = note === undefined ? {} : { note };
  const command = { type: 'decide' as const, by, stepPath, choice, ...said };
  refuse(objectionTo({ fold }, command), { choice, wait });
  if (isOver(wait, app.clock.now())) throw tooLate(wait);
  const done = await commandRun(app, { runId, command }, options);
  await assertCounted(app, runId, command);
  return done;
}

function tooLate({ byDefault }: PersonWait): StemmaError {
  const next = byDefault === undefined ? 'The run does not go on' : `The run goes on with "${byDefault}"`;
  return new StemmaError('STATE_CONFLICT', 'The time to answer is over.', {
    hint: `${next} as soon as a worker takes it: stemma worker --once.`,
  });
}

/** Two may decide at the same moment; the first decision in the mailbox counts. */
async function assertCounted(
  app: App,
  runId: RunId,
  { stepPath, choice, by }: { stepPath: StepPath; choice: string; by: string },
): Promise<void> {
  let counted: { readonly choice: string; readonly by: string } | undefined;
  for await (const event of app.store.log.read(runId)) {
    if (event.stepPath !== stepPath) continue;
    if (event.type === 'review.requested') counted = undefined;
    if (event.type === 'review.decided') counted = event.data;
  }
  if (counted === undefined || (counted.choice === choice && counted.by === by)) return;
  throw new StemmaError('STATE_CONFLICT', `Somebody else was faster and decided "${counted.choice}".`, {
    hint: '`stemma runs tree` shows how the run goes on.',
  });
}

function questionAt(fold: RunFold, step: string | undefined): Asked {
  const open = openQuestions(fold);
  const [first] = open;
  const paths = open.map(({ stepPath }) => stepPath).join(', ');
  if (first === undefined)
    throw new StemmaError('STATE_CONFLICT', 'The run asks nothing (any more).', {
      hint: '`stemma reviews list` shows what waits for a decision.',
    });
  if (step !== undefined) {
    const named = open.find(({ stepPath }) => stepPath === step);
    if (named !== undefined) return named;
    throw new StemmaError('INPUT_INVALID', `Nothing is asked at "${step}".`, {
      hint: `Something is asked at: ${paths}.`,
    });
  }
  if (open.length === 1) return first;
  throw new StemmaError('INPUT_INVALID', 'The run asks several things at once.', {
    hint: `Name one with --step: ${paths}.`,
  });
}

function refuse(objection: string | undefined, { choice, wait }: { choice: string; wait: PersonWait }): void {
  switch (objection) {
    case undefined:
      return;
    case 'no-such-option': {
      const near = nearest(choice, wait.options);
      const hint = near === undefined ? {} : { hint: `Did you mean "${near}"?` };
      throw new StemmaError('INPUT_INVALID', `"${choice.slice(0, 80)}" is none of: ${wait.options.join(', ')}.`, hint);
    }
    case 'needs-another-person':
      throw new StemmaError('FORBIDDEN', 'Whoever asked for this run may not decide about it.', {
        hint: 'Another person has to; --by names who decides.',
      });
    default:
      throw new StemmaError('STATE_CONFLICT', 'The question has been answered.');
  }
}

export const signalInput = z.strictObject({
  runId: z.string(),
  name: z.string().regex(/^[\w./@:-]{1,64}$/, 'must be a name of letters and digits, without spaces'),
  body: z.union([z.string(), z.instanceof(Uint8Array)]).optional(),
  by: idInput.default('admin'),
});

/**
 * Tells a run something from outside. A step that waits for it goes on; a signal that comes early is kept for the first
 * step that asks.
 *
 * @throws {StemmaError} INPUT_INVALID · TOO_LARGE · RUN_NOT_FOUND · STATE_CONFLICT when the run has ended
 */
export async function signalRun(app: App, input: z.input<typeof signalInput>, options: CarryOn): Promise<Carried> {
  const { name, body, by, runId } = parse(signalInput, input);
  const sizeBytes = typeof body === 'string' ? new TextEncoder().encode(body).length : (body?.length ?? 0);
  const limit = app.settings.inputBytes;
  if (sizeBytes > limit)
    throw new StemmaError('TOO_LARGE', `The signal is ${sizeBytes} bytes long; at most ${limit} are taken.`, {
      facts: { sizeBytes, limit },
      hint: 'Shorten it, or raise limits.inputBytes in the settings.',
    });
  const carried = body === undefined ? {} : { body };
  return commandRun(app, { runId, command: { type: 'signal', by, name, ...carried } }, options);
}

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw describeIssue(result.error);
}
