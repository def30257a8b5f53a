/** What a branch takes over from its parent, and what it makes anew. The plan of a branch asks the same functions. */
import { canonicalJson } from '../core/canonical.ts';
import { DEFAULT_RETRY } from '../core/definitions.ts';
import { parseArtifactId, spanIdOf } from '../core/ids.ts';
import type { ArtifactId, StepPath } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import type { ArtifactRow } from '../core/ports.ts';
import type { Reference } from '../core/references.ts';
import { LEVELS } from '../core/schema.ts';
import type { Verdict } from '../core/schema.ts';
import type { ArtifactRef, Stage } from '../core/stage.ts';
import { runAttempt } from './attempt.ts';
import { closedInput, prepareInput, settingsFor } from './interpreter/input.ts';
import type { StepPlace, StepReuse } from './interpreter/plan.ts';
import { Scope } from './interpreter/scope.ts';
import type { Value } from './interpreter/scope.ts';
import { factsAt } from './parent-record.ts';
import type { Asked, MadeStep, ParentRecord } from './parent-record.ts';
import type { Written } from './run-artifacts.ts';
import { orderOf, stepAt } from './step-order.ts';

/** Why a step of a branch runs anew. `not done`: the parent has no success of it. */
export type Because =
  | 'from'
  | 'after from'
  | 'not done'
  | 'definition changed'
  | 'stage changed'
  | 'input changed'
  | 'content missing'
  | 'level stricter';

export interface ReuseFrom {
  readonly parent: ParentRecord;
  readonly from: StepPath;
}

/**
 * Takes over what the parent has made, step by step as the branch comes to it: a crash in the middle goes on with the
 * same decisions, because they depend on records only.
 */
export const createReuse = (at: ReuseFrom): StepReuse => ({
  take: async (place) => {
    const because = whyAnew(place, at);
    if (because !== undefined) return because;
    const made = at.parent.made.get(place.path);
    return made !== undefined && (await takeOver(place, made, at.parent)) ? undefined : 'content missing';
  },
  factsBefore: (path) => at.parent.made.get(path)?.facts,
});

/** Why the step runs anew; undefined when it may be taken over as far as its bytes are there. */
function whyAnew(place: StepPlace, { parent, from }: ReuseFrom): Because | undefined {
  const order = orderOf(place.path, from, place.scope.plan.pipeline.steps);
  if (order !== undefined) return order;
  const made = parent.made.get(place.path);
  if (made === undefined) return 'not done';
  return changeOf(place, made, parent);
}

/** What is not as it was when the step was made. */
function changeOf(place: StepPlace, made: MadeStep, parent: ParentRecord): Because | undefined {
  const { chunk, stage } = place;
  const { asked } = parent;
  if (typeof asked === 'string') return asked;
  if (chunk.digest !== made.definition || !isWiredAlike(place, asked)) return 'definition changed';
  if (stage.type !== made.stage || stage.version !== made.stageVersion) return 'stage changed';
  const inputs = inputsOf(made, parent);
  if (inputs === undefined) return 'content missing';
  if (inputs !== namesOf(prepareInput(place.step, chunk.definition, place).artifacts)) return 'input changed';
  const scope = new ParentScope(place, { ...parent, asked });
  if (closedOf(place) !== closedOf({ ...place, scope })) return 'input changed';
  return isCheck(stage) && isStricter(place, parent) ? 'level stricter' : undefined;
}

/** Whether the step is given the same things as in the parent's pipeline. */
function isWiredAlike({ path, step }: StepPlace, { pipeline }: Asked): boolean {
  const before = stepAt(path, pipeline.steps)?.step;
  return before !== undefined && canonicalJson({ ...before.with }) === canonicalJson({ ...step.with });
}

/** What a check says depends on the level, and nothing else of it tells so. */
const isCheck = ({ writes, calls }: Stage): boolean => writes === 'nothing' && calls === undefined;

/** An artifact that a step reads is the same when its role and its bytes are; inside a loop the last one has a role of its own. */
const namesOf = (refs: readonly Pick<ArtifactRef, 'type' | 'sha256'>[]): string =>
  refs.map(({ type, sha256 }) => `${type.replace(STEP_OF_LOOP, '')} ${sha256}`).join('\n');
const STEP_OF_LOOP = /_step$/;

function inputsOf({ inputs }: MadeStep, { rows }: ParentRecord): string | undefined {
  const found = rowsOf(inputs, rows);
  return found && namesOf(found);
}

/** Undefined when one of them is gone. */
function rowsOf(ids: readonly ArtifactId[], rows: ParentRecord['rows']): readonly ArtifactRow[] | undefined {
  const found = ids.flatMap((id) => rows.get(id) ?? []);
  return found.length === ids.length ? found : undefined;
}

/** Everything a step reads that is no artifact. The seed and the profile are none of it: `from` says where they begin to count. */
function closedOf(place: StepPlace): string {
  const { step, chunk, scope } = place;
  const { output, plan } = scope;
  const settings = settingsFor(chunk.definition, place);
  const all = [
    closedInput(step, chunk.definition, place),
    settings,
    plan.request.lang,
    output?.id,
    output?.definition.pin,
  ];
  return canonicalJson(JSON.parse(JSON.stringify(all)) as Json);
}

/** What the step could see in the parent, as far as it is closed. */
class ParentScope extends Scope {
  readonly #place: StepPlace;
  readonly #parent: ParentRecord & { readonly asked: Asked };

  constructor(place: StepPlace, parent: ParentRecord & { readonly asked: Asked }) {
    const { path, scope } = place;
    const { request, definitions, pipeline } = parent.asked;
    const index = stepAt(path, pipeline.steps)?.output;
    const id = index === undefined ? undefined : request.outputs[index - 1];
    const definition = id === undefined ? undefined : definitions.outputs.get(id)?.definition;
    const output = id === undefined || definition === undefined ? {} : { output: { id, definition } };
    const own = { ...output, iteration: scope.iteration };
    super({ ...scope.plan, request, definitions, pipeline, given: new Map() }, undefined, own);
    this.#place = place;
    this.#parent = parent;
  }

  override valueOf(reference: Reference): Value {
    if (reference.root === 'input') return this.#handedIn(reference.name);
    if (reference.root !== 'steps') return super.valueOf(reference);
    if (reference.name === 'text') return undefined;
    for (let scope: Scope | undefined = this.#place.scope; scope !== undefined; scope = scope.parent)
      if (scope.ends.has(reference.step)) return factsAt(this.#parent, scope.path, reference.step)?.[reference.fact];
    return undefined;
  }

  /** What a pipeline is given by the step that uses it. */
  #handedIn(name: string): Value {
    const inside = stepAt(this.#place.path, this.plan.pipeline.steps)?.inside;
    const from = inside?.step.with?.[name];
    let scope: Scope | undefined = this.#place.scope;
    while (scope !== undefined && scope.path !== inside?.path) scope = scope.parent;
    if (inside === undefined || from === undefined || scope?.parent === undefined) return undefined;
    const around = { ...this.#place, path: inside.path, scope: scope.parent };
    return new ParentScope(around, this.#parent).resolve(from);
  }
}

const isStricter = ({ scope }: StepPlace, parent: ParentRecord): boolean =>
  LEVELS.indexOf(scope.plan.request.level) < LEVELS.indexOf(parent.level);

/**
 * Copies what the step made and records it as taken over; when the level is stricter than the parent's, what does not
 * pass blocks the step. False when some of its bytes are gone or are not those that were recorded.
 */
export async function takeOver(place: StepPlace, made: MadeStep, parent: ParentRecord): Promise<boolean> {
  const { path, scope, chunk, stage } = place;
  const { session, artifacts } = scope.plan;
  const rows = rowsOf(
    made.outputs.map(({ id }) => id),
    parent.rows,
  );
  const copies: Written[] = [];
  for (const row of rows ?? []) {
    const copy = await artifacts.copy(row, { path, ...nameHere(place, row) });
    if (copy === undefined) return false;
    copies.push(copy);
  }
  if (rows === undefined) return false;
  const inputs = prepareInput(place.step, chunk.definition, place).artifacts;
  const verdict = isStricter(place, parent) ? await judge(place, { inputs, copies }) : undefined;
  if (verdict !== undefined) {
    await block(place, inputs, verdict);
    return true;
  }
  const data = {
    from: made.from,
    stage: stage.type,
    stageVersion: stage.version,
    definition: chunk.digest,
    inputs: inputs.map(({ id }) => id),
    facts: made.facts,
    outputs: copies.map(({ committed }) => committed),
  };
  const alongside = { artifacts: copies.map(({ row }) => row) };
  session.writer.record({ type: 'step.reused', stepPath: path, data }, alongside).catch(() => {}); // ends the session
  return true;
}

/** What was the last round of a loop may now be one on the way, and the other way round. */
function nameHere({ path, scope, stage }: StepPlace, { id, type }: ArtifactRow): { type: string; work: boolean } {
  const work = parseArtifactId(id)?.work ?? false;
  if (stage.writes === 'nothing') return { type, work };
  if (scope.intermediate && !work) return { type: `${type}_step`, work: true };
  if (!scope.intermediate && work && path.includes('[') && STEP_OF_LOOP.test(type))
    return { type: type.replace(STEP_OF_LOOP, ''), work: false };
  return { type, work };
}

/** Texts that the step reads, sent and made, held against the level in force. */
async function judge(
  { path, scope }: StepPlace,
  { inputs, copies }: { readonly inputs: readonly ArtifactRef[]; readonly copies: readonly Written[] },
): Promise<Verdict | undefined> {
  const { engine, session, gateway } = scope.plan;
  const told = copies.map(({ row }) => row).filter(({ id, type }) => type === 'prompt' || !id.includes('/work/'));
  const subjects = [...inputs, ...told].filter(({ mediaType }) => mediaType.startsWith('text/'));
  const spanId = spanIdOf(engine.digest, session.lease.runId, { path, attempt: 1 });
  const attempt = { path, attempt: 1, spanId, signal: session.signal, written: [] };
  return gateway.admit(
    subjects.map((artifact) => ({ artifact })),
    attempt,
  );
}

async function block(
  { path, scope, chunk, stage }: StepPlace,
  inputs: readonly ArtifactRef[],
  verdict: Verdict,
): Promise<void> {
  const { engine, session, artifacts } = scope.plan;
  const started = {
    stage: stage.type,
    stageVersion: stage.version,
    definition: chunk.digest,
    inputs: inputs.map(({ id }) => id),
    queuedMs: 0,
    worker: session.lease.worker,
  };
  const plan = {
    path,
    started,
    retry: DEFAULT_RETRY,
    hasOthers: false,
    timeoutMs: undefined,
    idleTimeoutMs: undefined,
  };
  await runAttempt({ engine, session, artifacts }, plan, async () => ({ state: 'blocked', verdict }));
}
