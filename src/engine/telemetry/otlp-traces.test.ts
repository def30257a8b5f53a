import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { TestClock, until } from '../../../test/support/test-clock.ts';
import { RUN, ToldRun, digest } from '../../../test/support/told-run.ts';
import type { ArtifactId, RunId, WorkerId } from '../../core/ids.ts';
import { openOtlpTraces } from './otlp-traces.ts';
import type { RunTraces } from './run-traces.ts';

interface Sent {
  readonly path: string;
  readonly names: readonly string[];
  readonly traceIds: readonly string[];
  readonly body: string;
}

/** What a collector would understand of a request in the JSON encoding. */
function decode(path: string, body: string): Sent {
  const { resourceSpans } = JSON.parse(body) as {
    resourceSpans: { scopeSpans: { spans: { name: string; traceId: string }[] }[] }[];
  };
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return { path, names: spans.map(({ name }) => name), traceIds: spans.map(({ traceId }) => traceId), body };
}

type Behaviour = 'takes' | 'refuses' | 'hangs';

/** A collector on the loopback interface, which does with requests what a test says. */
async function openCollector() {
  const sent: Sent[] = [];
  const state: { does: Behaviour; asked: number } = { does: 'takes', asked: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      state.asked += 1;
      if (state.does === 'hangs') return;
      response.statusCode = state.does === 'takes' ? 200 : 400;
      response.setHeader('content-type', 'application/json');
      if (state.does === 'takes') sent.push(decode(request.url ?? '', Buffer.concat(chunks).toString()));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    sent,
    state,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Opened {
  readonly traces: RunTraces;
  readonly warnings: string[];
  readonly clock: TestClock;
}

function open(endpoint: string, told: ToldRun, own: { content?: boolean } = {}): Opened {
  const warnings: string[] = [];
  const clock = new TestClock();
  const traces = openOtlpTraces(
    {
      log: {
        async *read() {
          yield* told.events;
        },
      },
      files: { read: (id: ArtifactId) => Promise.resolve(new TextEncoder().encode(told.texts.get(id) ?? '')) },
      digest,
      clock,
      stages: new Map([['text.interception', { calls: 'text.generate' as const }]]),
      worker: { id: 'one' as WorkerId, host: 'h', pid: 1, version: '1', slots: 1 },
    },
    { endpoint, content: own.content ?? false, warn: (line) => warnings.push(line) },
  );
  return { traces, warnings, clock };
}

function toldRun(): ToldRun {
  const route = { chosen: 'ollama/small', candidates: ['ollama/small'], ruledOut: {} };
  const told = new ToldRun().begin().start('interception', { route });
  const makes = [{ type: 'interception', text: 'a sleeping fox' }];
  return told.end('interception', { provider: 'ollama', model: 'small', makes }).finish('succeeded');
}

describe('traces over OTLP', () => {
  it('arrive at the collector when a run has ended, without its texts', async () => {
    await using collector = await openCollector();
    const { traces, warnings } = open(`${collector.endpoint}/`, toldRun());
    traces.ended(RUN);
    await traces[Symbol.asyncDispose]();
    expect(collector.sent).toMatchObject([{ path: '/v1/traces', names: ['chat small', 'run dada'] }]);
    expect(new Set(collector.sent[0]?.traceIds)).toEqual(new Set([RUN.replaceAll('-', '')]));
    expect(collector.sent[0]?.body).not.toContain('fox');
    expect(warnings).toEqual([]);
  });

  it('carry texts when they are asked for', async () => {
    await using collector = await openCollector();
    const { traces } = open(collector.endpoint, toldRun(), { content: true });
    traces.ended(RUN);
    await traces[Symbol.asyncDispose]();
    expect(collector.sent[0]?.body).toContain('a sleeping fox');
  });

  it('of a long run come in several requests', async () => {
    await using collector = await openCollector();
    const told = new ToldRun().begin();
    for (let step = 1; step <= 600; step += 1) told.step(`interception[${step}]`, 'x.y');
    const { traces } = open(collector.endpoint, told.finish('succeeded'));
    traces.ended(RUN);
    await traces[Symbol.asyncDispose]();
    expect(collector.sent.map(({ names }) => names.length)).toEqual([512, 89]);
  });

  it('are dropped while the collector refuses them, which is said once, and again after it has taken some', async () => {
    await using collector = await openCollector();
    const { traces, warnings } = open(collector.endpoint, toldRun());
    const send = async (does: Behaviour): Promise<void> => {
      collector.state.does = does;
      const before = collector.state.asked;
      traces.ended(RUN);
      await until(() => collector.state.asked > before, 'the request');
    };
    await send('refuses');
    await send('refuses');
    await until(() => warnings.length > 0, 'the warning');
    await send('takes');
    await until(() => collector.sent.length > 0, 'the trace');
    await send('refuses');
    await traces[Symbol.asyncDispose]();
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^Traces of runs are not delivered to the collector: .+\.$/);
  });

  it('do not hold up the end for longer than two seconds when the collector hangs', async () => {
    await using collector = await openCollector();
    collector.state.does = 'hangs';
    const { traces, warnings, clock } = open(collector.endpoint, toldRun());
    traces.ended(RUN);
    await until(() => collector.state.asked > 0, 'the request');
    const closed = traces[Symbol.asyncDispose]();
    clock.advance(2000);
    await closed;
    expect(warnings).toEqual(['Traces of runs are not delivered to the collector: it does not answer in time.']);
    traces.ended(RUN);
    expect(collector.state.asked).toBe(1);
  });

  it('of more than a thousand waiting runs are dropped', async () => {
    await using collector = await openCollector();
    collector.state.does = 'hangs';
    const { traces, warnings, clock } = open(collector.endpoint, toldRun());
    for (let run = 0; run <= 1001; run += 1) traces.ended(`run-${run}` as RunId);
    expect(warnings).toEqual(['Traces of runs are not delivered to the collector: more runs end than it takes.']);
    const closed = traces[Symbol.asyncDispose]();
    clock.advance(2000);
    await closed;
  });
});
