import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { BEGAN, RUN, ToldRun, digest } from '../../../test/support/told-run.ts';
import type { ToldEnd } from '../../../test/support/told-run.ts';
import type { RunEvent } from '../../core/events.ts';
import type { RunId, StepPath } from '../../core/ids.ts';
import { spanIdOf } from '../../core/ids.ts';
import type { Capability } from '../../core/stage.ts';
import { runSpans } from './run-spans.ts';
import type { SpanParts } from './run-spans.ts';
import { createResource, rootSpanIdOf } from './span.ts';
import type { Span } from './span.ts';

const CALLS: Readonly<Record<string, Capability>> = {
  'text.interception': 'text.generate',
  'media.image': 'image.generate',
};
const route = { chosen: 'ollama/small:7b', candidates: ['ollama/small:7b'], ruledOut: {} };
const SERVED: ToldEnd = {
  provider: 'ollama',
  model: 'small:7b-q4',
  usage: { tokensIn: 12, tokensOut: 34, costMicroUsd: 56 },
};

async function* listed(events: readonly RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}

async function spansOf(told: ToldRun, own: Partial<SpanParts> = {}): Promise<Span[]> {
  const parts = { digest, resource: createResource('1.2.3'), callOf: (stage: string) => CALLS[stage], ...own };
  const spans: Span[] = [];
  for await (const span of runSpans(listed(told.events), parts)) spans.push(span);
  return spans;
}

const idOf = (path: string, attempt = 1): string => spanIdOf(digest, RUN, { path: path as StepPath, attempt });
const ROOT = rootSpanIdOf(digest, RUN);

describe('the trace of a run', () => {
  it('has the run as its root and an attempt below it, with the ids and times of the record', async () => {
    const told = new ToldRun({ room: 'blue' }).begin().step('check', 'safety.check').finish('succeeded');
    const [check, root] = await spansOf(told);
    expect(root).toMatchObject({
      name: 'run dada',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      links: [],
      attributes: { 'stemma.run.id': RUN, 'stemma.run.state': 'succeeded', 'stemma.room': 'blue' },
      resource: { attributes: { 'service.name': 'stemma', 'service.version': '1.2.3' } },
    });
    expect(root?.spanContext()).toEqual({ traceId: RUN.replaceAll('-', ''), spanId: ROOT, traceFlags: 1 });
    expect(root?.parentSpanContext).toBeUndefined();
    expect([root?.startTime, root?.duration]).toEqual([
      [BEGAN / 1000, 0],
      [0, 400_000_000],
    ]);
    expect(check).toMatchObject({ name: 'check', kind: SpanKind.INTERNAL, parentSpanContext: { spanId: ROOT } });
    expect(check?.spanContext().spanId).toBe(idOf('check'));
    expect([check?.startTime, check?.endTime]).toEqual([
      [BEGAN / 1000, 200_000_000],
      [BEGAN / 1000, 300_000_000],
    ]);
  });

  it('tells a call by the names of the GenAI conventions', async () => {
    const told = new ToldRun().begin().start('interception', { route, queuedMs: 3 });
    const [span] = await spansOf(told.end('interception', { ...SERVED, queuedMs: 4 }));
    expect(span).toMatchObject({ name: 'chat small:7b', kind: SpanKind.CLIENT });
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'small:7b',
      'gen_ai.response.model': 'small:7b-q4',
      'gen_ai.output.type': 'text',
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 34,
      'stemma.cost.micro_usd': 56,
      'stemma.run.id': RUN,
      'stemma.step.path': 'interception',
      'stemma.stage': 'text.interception',
      'stemma.attempt.number': 1,
      'stemma.attempt.state': 'succeeded',
      'stemma.attempt.queued_ms': 7,
      'stemma.worker.id': 'worker-1',
    });
  });

  it('names a picture, and a tool, by what they are', async () => {
    const told = new ToldRun().begin().start('draw', { route, stage: 'media.image' }).end('draw', SERVED);
    const operation = async (callOf: SpanParts['callOf']): Promise<unknown> =>
      (await spansOf(told, { callOf })).map(({ attributes }) => attributes['gen_ai.operation.name']);
    expect(await operation((stage) => CALLS[stage])).toEqual(['generate_content']);
    expect(await operation(() => 'tool.run' as Capability)).toEqual(['execute_tool']);
  });

  it('marks what failed with its code and links a retry to the attempt before', async () => {
    const fault = { code: 'PROVIDER_UNREACHABLE', type: 'Error', facts: {} };
    const told = new ToldRun().begin().start('a', { route }).end('a', { state: 'failed', fault });
    told.start('a', { route }, 2).end('a', { state: 'abandoned' }, 2).finish('failed', { fault });
    const [first, second, root] = await spansOf(told);
    expect(first).toMatchObject({
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.ERROR, message: 'PROVIDER_UNREACHABLE' },
      links: [],
      attributes: { 'error.type': 'PROVIDER_UNREACHABLE', 'gen_ai.provider.name': 'ollama' },
    });
    expect(second?.status.message).toBe('abandoned');
    expect(second?.links.map(({ context }) => context.spanId)).toEqual([idOf('a')]);
    expect(root?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'PROVIDER_UNREACHABLE' });
    const quarantined = await spansOf(new ToldRun().begin().finish('quarantined'));
    expect(quarantined.at(-1)?.attributes['error.type']).toBe('quarantined');
  });

  it('tells verdicts as events of their attempt; to be blocked is no error and no call', async () => {
    const told = new ToldRun().begin().start('a', { route });
    told.verdict('a', { decision: 'block' }).end('a', { state: 'blocked' });
    const [span] = await spansOf(told.finish('blocked'));
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.kind).toBe(SpanKind.INTERNAL);
    expect(span?.events).toEqual([
      {
        name: 'stemma.safety.verdict',
        time: [BEGAN / 1000, 300_000_000],
        attributes: {
          'stemma.safety.check': 'age',
          'stemma.safety.level': 'kids',
          'stemma.safety.decision': 'block',
          'stemma.safety.method': 'list',
        },
      },
    ]);
  });

  it('tells no call of a step that a replay has answered from the record', async () => {
    const told = new ToldRun()
      .begin()
      .start('a', { route: { ...route, replayed: true } })
      .end('a', SERVED);
    const [span] = await spansOf(told);
    expect([span?.name, span?.kind]).toEqual(['a', SpanKind.INTERNAL]);
    expect(span?.attributes['gen_ai.provider.name']).toBeUndefined();
  });

  it('links a branch to the trace it comes from', async () => {
    const parent = { runId: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b11' as RunId, fromStep: 'check' as StepPath };
    const [root] = await spansOf(new ToldRun({ parent }).begin().finish('succeeded'));
    expect(root?.links.map(({ context }) => context.traceId)).toEqual([parent.runId.replaceAll('-', '')]);
  });

  it('holds no text, unless it is asked for: then what people read, and no more', async () => {
    const input = { type: 'input', text: 'A red fox sleeps.' };
    const told = new ToldRun({}, [input]);
    const inputs = told.artifacts.map(({ id }) => id);
    told.begin().start('interception', { route, inputs });
    told.end('interception', {
      ...SERVED,
      makes: [
        { type: 'interception', text: 'Fox, red, asleep.' },
        { type: 'exchange', text: 'secret', work: true },
        { type: 'output_image' },
      ],
    });
    told.start('gone', { route, inputs }).end('gone', { ...SERVED, makes: [] });
    expect(JSON.stringify(await spansOf(told))).not.toMatch(/fox|secret/iu);
    const [span, gone] = await spansOf(told, {
      textOf: (id) => Promise.resolve(id === inputs[0] ? undefined : told.texts.get(id)),
    });
    expect(span?.attributes['gen_ai.input.messages']).toBeUndefined();
    expect(JSON.parse(String(span?.attributes['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Fox, red, asleep.' }] },
    ]);
    expect(gone?.attributes['gen_ai.output.messages']).toBeUndefined();
  });

  it('has no span for what has not ended, and is silent about what has no candidate', async () => {
    const nobody = { chosen: null, candidates: [], ruledOut: {} };
    const fault = { code: 'NO_CANDIDATE', type: 'Routing', facts: {} };
    const told = new ToldRun().begin().start('a', { route: nobody }).end('a', { state: 'failed', fault }).start('b');
    const spans = await spansOf(told);
    expect(spans.map(({ name, kind }) => [name, kind])).toEqual([['a', SpanKind.INTERNAL]]);
  });
});
