/**
 * A run's trace, made from its record: the same whoever makes it and whenever. Names of attributes follow the GenAI
 * conventions of OpenTelemetry (`gen_ai.…`, status Development in 2026); what they do not know is `stemma.…`.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import type { RunEvent } from '../../core/events.ts';
import { parseArtifactId, spanIdOf } from '../../core/ids.ts';
import type { ArtifactId, Digest, SpanId, StepPath } from '../../core/ids.ts';
import type { Capability } from '../../core/stage.ts';
import { contextOf, createSpan, rootSpanIdOf, timeOf } from './span.ts';
import type { Span } from './span.ts';

export interface SpanParts {
  readonly digest: Digest;
  readonly resource: Span['resource'];
  /** What a stage calls, as far as it is registered here. */
  readonly callOf: (stage: string) => Capability | undefined;
  /** Given when texts are to go into the spans; undefined for a file that is gone. */
  readonly textOf?: (id: ArtifactId) => Promise<string | undefined>;
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
type Created = EventOf<'run.created'>;
type Started = EventOf<'attempt.started'> & Named;
type Ended = EventOf<'attempt.ended'> & Named;
interface Named {
  readonly stepPath: StepPath;
  readonly attempt: number;
  readonly spanId: SpanId;
}

const NO_STATUS = { code: SpanStatusCode.UNSET };

/**
 * One span for each attempt, in the order they ended, and at last the root: the run itself. An attempt without an end
 * and a run that has not ended give none.
 */
export async function* runSpans(events: AsyncIterable<RunEvent>, parts: SpanParts): AsyncGenerator<Span> {
  let created: Created | undefined;
  const open = new Map<SpanId, { readonly started: Started; readonly verdicts: EventOf<'safety.verdict'>[] }>();
  for await (const event of events) {
    if (event.type === 'run.created') created = event;
    if (event.type === 'run.ended' && created !== undefined) yield runSpan(created, event, parts);
    if (!isNamed(event)) continue;
    if (event.type === 'attempt.started') open.set(event.spanId, { started: event, verdicts: [] });
    const begun = open.get(event.spanId);
    if (event.type === 'safety.verdict') begun?.verdicts.push(event);
    if (event.type !== 'attempt.ended' || begun === undefined) continue;
    open.delete(event.spanId);
    yield await attemptSpan({ ...begun, ended: event }, parts);
  }
}

const isNamed = (event: RunEvent): event is RunEvent & Named => event.spanId !== undefined;

function runSpan(created: Created, ended: EventOf<'run.ended'>, parts: SpanParts): Span {
  const { runId, data } = created;
  const { state, fault } = ended.data;
  const { parent } = data;
  const hasFailed = state === 'failed' || state === 'quarantined';
  return createSpan({
    name: `run ${data.config}`,
    kind: SpanKind.INTERNAL,
    context: contextOf(runId, rootSpanIdOf(parts.digest, runId)),
    from: created.at,
    to: ended.at,
    status: hasFailed ? { code: SpanStatusCode.ERROR, message: fault?.code ?? state } : NO_STATUS,
    links: parent === undefined ? [] : [{ context: contextOf(parent.runId, rootSpanIdOf(parts.digest, parent.runId)) }],
    attributes: {
      'stemma.run.id': runId,
      'stemma.run.state': state,
      'stemma.config': data.config,
      'stemma.pipeline': data.pipeline,
      'stemma.profile': data.profile,
      'stemma.safety.level': data.level,
      'stemma.room': data.room,
      'error.type': hasFailed ? (fault?.code ?? state) : undefined,
    },
    resource: parts.resource,
  });
}

interface Attempt {
  readonly started: Started;
  readonly verdicts: readonly EventOf<'safety.verdict'>[];
  readonly ended: Ended;
}

async function attemptSpan(attempt: Attempt, parts: SpanParts): Promise<Span> {
  const { started, ended, verdicts } = attempt;
  const { runId, stepPath: path, attempt: number } = started;
  const { state, fault } = ended.data;
  const code = isFailure(state) ? (fault?.code ?? state) : undefined;
  const call = callAttributes(attempt, parts);
  const before = number === 1 ? [] : [spanIdOf(parts.digest, runId, { path, attempt: number - 1 })];
  return createSpan({
    name: call === undefined ? path : [call['gen_ai.operation.name'], call['gen_ai.request.model']].join(' '),
    kind: call === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
    context: contextOf(runId, started.spanId),
    parent: contextOf(runId, rootSpanIdOf(parts.digest, runId)),
    from: started.at,
    to: ended.at,
    status: code === undefined ? NO_STATUS : { code: SpanStatusCode.ERROR, message: code },
    links: before.map((spanId) => ({ context: contextOf(runId, spanId) })),
    events: verdicts.map(toSpanEvent),
    attributes: {
      ...stepAttributes(attempt),
      ...call,
      ...(call === undefined || state !== 'succeeded' ? {} : await contentAttributes(attempt, parts)),
      'error.type': code,
    },
    resource: parts.resource,
  });
}

/** To be stopped by a protection rule, to wait and to be canceled are no errors. */
const isFailure = (state: Ended['data']['state']): boolean =>
  state === 'failed' || state === 'timedOut' || state === 'abandoned';

function stepAttributes({ started, ended }: Attempt): Attributes {
  const { stage, worker, queuedMs } = started.data;
  return {
    'stemma.run.id': started.runId,
    'stemma.step.path': started.stepPath,
    'stemma.stage': stage,
    'stemma.attempt.number': started.attempt,
    'stemma.attempt.state': ended.data.state,
    'stemma.attempt.queued_ms': queuedMs + (ended.data.queuedMs ?? 0),
    'stemma.worker.id': worker,
  };
}

/** Undefined for a step that has called nobody. */
function callAttributes({ started, ended }: Attempt, parts: SpanParts): Attributes | undefined {
  const { stage, route } = started.data;
  const { provider, model, usage, state } = ended.data;
  const call = parts.callOf(stage);
  const chosen = calledIn(route);
  const wasCalled = provider !== undefined || isFailure(state);
  if (chosen === '' || call === undefined || !wasCalled) return undefined;
  const slash = chosen.indexOf('/');
  return {
    'gen_ai.operation.name': operationOf(call),
    'gen_ai.provider.name': provider ?? chosen.slice(0, slash),
    'gen_ai.request.model': chosen.slice(slash + 1),
    'gen_ai.response.model': model,
    'gen_ai.output.type': OUTPUT_TYPES[call.split('.')[0] ?? ''],
    ...usageAttributes(usage),
  };
}

/** In a replay nobody is called: the record answers. */
const calledIn = (route: Started['data']['route']): string => (route?.replayed === true ? '' : (route?.chosen ?? ''));

const usageAttributes = (usage: Ended['data']['usage']): Attributes => ({
  'gen_ai.usage.input_tokens': usage?.tokensIn,
  'gen_ai.usage.output_tokens': usage?.tokensOut,
  'stemma.cost.micro_usd': usage?.costMicroUsd ?? undefined,
});

const OUTPUT_TYPES: Readonly<Record<string, string>> = { text: 'text', image: 'image', speech: 'speech' };

function operationOf(call: Capability): string {
  if (call.startsWith('text.')) return 'chat';
  return call.startsWith('tool.') ? 'execute_tool' : 'generate_content';
}

function toSpanEvent({ data, at }: EventOf<'safety.verdict'>): Span['events'][number] {
  const { check, level, decision, method } = data;
  const attributes = {
    'stemma.safety.check': check,
    'stemma.safety.level': level,
    'stemma.safety.decision': decision,
    'stemma.safety.method': method,
  };
  return { name: 'stemma.safety.verdict', time: timeOf(at), attributes };
}

const MOST_CHARACTERS = 65_536;

async function contentAttributes({ started, ended }: Attempt, parts: SpanParts): Promise<Attributes> {
  const messages = async (role: string, ids: readonly ArtifactId[]): Promise<string | undefined> => {
    const texts = await Promise.all(ids.filter(isText).map(async (id) => parts.textOf?.(id)));
    const found = texts.filter((text) => text !== undefined).map((text) => text.slice(0, MOST_CHARACTERS));
    const content = found.map((text) => ({ role, parts: [{ type: 'text', content: text }] }));
    return content.length === 0 ? undefined : JSON.stringify(content);
  };
  const outputs = ended.data.outputs.map(({ id }) => id);
  return {
    'gen_ai.input.messages': await messages('user', started.data.inputs),
    'gen_ai.output.messages': await messages('assistant', outputs),
  };
}

/** What people read: no requests, replies or evidence. */
function isText(id: ArtifactId): boolean {
  const name = parseArtifactId(id);
  return name !== undefined && !name.work && name.extension === 'txt';
}
