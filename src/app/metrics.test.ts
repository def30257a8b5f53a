import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp } from '../../test/support/app.ts';
import type { WorkerId } from '../core/ids.ts';
import { metricsText, toMetricsText } from './metrics.ts';
import { readStatistics } from './statistics.ts';
import type { Statistics } from './statistics.ts';

interface Metric {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"`;

/** Reads the text format 0.0.4 as its documentation has it, and throws at what is none. */
function parseMetrics(text: string): ReadonlyMap<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, Metric>();
  const helps = new Map<string, string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, name = '', help] = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])*)$`).exec(line) ?? [];
    const [, typed = '', type] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`).exec(line) ?? [];
    if (help !== undefined) helps.set(name, help);
    else if (type !== undefined) {
      if (metrics.has(typed)) throw new Error(`${typed} has two types`);
      metrics.set(typed, { help: helps.get(typed) ?? '', type, samples: [] });
    } else takeSample(line, metrics);
  }
  return metrics;
}

function takeSample(line: string, metrics: ReadonlyMap<string, Metric>): void {
  const sample = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.e+-]+)$`).exec(line);
  const metric = metrics.get(sample?.[1] ?? '');
  if (sample === null || metric === undefined) throw new Error(`this is no sample: ${line}`);
  const labels = [...(sample[2] ?? '').matchAll(new RegExp(LABEL, 'g'))].map(([, key = '', value = '']) => [
    key,
    value.replaceAll(/\\(.)/g, (_whole, sign: string) => (sign === 'n' ? '\n' : sign)),
  ]);
  metric.samples.push({ labels: Object.fromEntries(labels), value: Number(sample.at(-1)) });
}

const valuesOf = (metrics: ReadonlyMap<string, Metric>, name: string): unknown =>
  metrics.get(name)?.samples.map(({ labels, value }) => [labels, value]);

describe('metrics', () => {
  it('of a real installation are the text format of Prometheus, each with help and type', async () => {
    await using app = await openTestApp();
    await carryOut(app);
    const metrics = parseMetrics(await metricsText(app));
    for (const [name, { help, type }] of metrics) {
      expect(name).toMatch(/^stemma_/);
      expect(help).toMatch(/\.$/);
      expect(type).toBe('gauge');
    }
    expect(valuesOf(metrics, 'stemma_info')).toEqual([[{ version: app.version }, 1]]);
    expect(valuesOf(metrics, 'stemma_runs')).toContainEqual([{ state: 'succeeded' }, 1]);
    expect(valuesOf(metrics, 'stemma_runs')).toContainEqual([{ state: 'failed' }, 0]);
    const labels = { provider: 'offline', model: 'procedure/language-detection@1', window: '5m' };
    expect(valuesOf(metrics, 'stemma_provider_calls')).toContainEqual([labels, 1]);
  });

  it('are in seconds and dollars, and leave out a latency that nobody knows', async () => {
    await using app = await openTestApp();
    const rate = { provider: 'p', model: 'm', calls: 4, failed: 1, errorRate: 0.25 };
    const statistics: Statistics = {
      ...(await readStatistics(app)),
      queue: { depth: 3, oldestWaitMs: 1500 },
      calls: [
        { minutes: 5, models: [{ ...rate, p50Ms: null, p95Ms: null, p99Ms: null }] },
        { minutes: 60, models: [{ ...rate, p50Ms: 20, p95Ms: 2500, p99Ms: 2500 }] },
      ],
      costPerHourMicroUsd: 1_234_567,
    };
    const metrics = parseMetrics(toMetricsText(statistics, '1'));
    expect(valuesOf(metrics, 'stemma_queue_depth')).toEqual([[{}, 3]]);
    expect(valuesOf(metrics, 'stemma_queue_oldest_wait_seconds')).toEqual([[{}, 1.5]]);
    expect(valuesOf(metrics, 'stemma_cost_last_hour_usd')).toEqual([[{}, 1.234567]]);
    const labels = { provider: 'p', model: 'm', window: '60m' };
    expect(valuesOf(metrics, 'stemma_provider_latency_seconds')).toEqual([
      [{ ...labels, quantile: '0.5' }, 0.02],
      [{ ...labels, quantile: '0.95' }, 2.5],
      [{ ...labels, quantile: '0.99' }, 2.5],
    ]);
    expect(valuesOf(metrics, 'stemma_provider_error_ratio')).toContainEqual([labels, 0.25]);
  });

  it('say of each breaker which state it is in, and escape what names hold', async () => {
    await using app = await openTestApp();
    const candidate = 'odd/"quoted"\\name\nwith a line';
    const breakers = [{ candidate, worker: 'w' as WorkerId, state: 'open' as const }];
    const metrics = parseMetrics(toMetricsText({ ...(await readStatistics(app)), breakers }, '1'));
    expect(valuesOf(metrics, 'stemma_breaker_state')).toEqual([
      [{ candidate, worker: 'w', state: 'closed' }, 0],
      [{ candidate, worker: 'w', state: 'halfOpen' }, 0],
      [{ candidate, worker: 'w', state: 'open' }, 1],
    ]);
  });
});
