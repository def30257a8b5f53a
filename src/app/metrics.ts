/** The statistics in the text format 0.0.4 of Prometheus: base units, one `HELP` and `TYPE` a metric. */
import type { App } from './context.ts';
import { BREAKER_STATES, readStatistics } from './statistics.ts';
import type { Statistics } from './statistics.ts';

/** How the installation is doing, for Prometheus. All metrics are gauges: they are looked up, not counted along. */
export async function metricsText(app: App): Promise<string> {
  return toMetricsText(await readStatistics(app), app.version);
}

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

export function toMetricsText(statistics: Statistics, version: string): string {
  const { runs, queue, workers, breakers, costPerHourMicroUsd } = statistics;
  const metrics = [
    gauge('stemma_info', 'The version of Stemma.', [[{ version }, 1]]),
    gauge('stemma_runs', 'Runs by state.', each('state', runs)),
    gauge('stemma_queue_depth', 'Runs that could begin or go on and that no worker holds.', [[{}, queue.depth]]),
    gauge('stemma_queue_oldest_wait_seconds', 'How long the run at the head of them has waited; 0 without one.', [
      [{}, (queue.oldestWaitMs ?? 0) / 1000],
    ]),
    gauge('stemma_workers_mode', 'Workers that have not stopped, by the mode people have set.', [
      ...each('mode', workers.modes),
    ]),
    gauge('stemma_workers_liveness', 'Workers by what has been seen of them.', each('liveness', workers.liveness)),
    ...callMetrics(statistics),
    gauge(
      'stemma_breaker_state',
      'Circuit breakers: 1 for the state a breaker is in.',
      breakers.flatMap(({ candidate, worker, state }) =>
        BREAKER_STATES.map((one): Sample => [{ candidate, worker, state: one }, Number(one === state)]),
      ),
    ),
    gauge('stemma_cost_last_hour_usd', 'What the calls of the last 60 minutes have cost, in US dollars.', [
      [{}, costPerHourMicroUsd / 1e6],
    ]),
  ];
  return metrics.join('');
}

function callMetrics({ calls }: Statistics): string[] {
  const rates = calls.flatMap(({ minutes, models }) =>
    models.map((rate) => ({ labels: { provider: rate.provider, model: rate.model, window: `${minutes}m` }, rate })),
  );
  const latencies = rates.flatMap(({ labels, rate }) =>
    ([0.5, 0.95, 0.99] as const).flatMap((quantile, at): Sample[] => {
      const ms = [rate.p50Ms, rate.p95Ms, rate.p99Ms][at] ?? null;
      return ms === null ? [] : [[{ ...labels, quantile }, ms / 1000]];
    }),
  );
  return [
    gauge(
      'stemma_provider_calls',
      'Calls to a model that ended within the window.',
      rates.map(({ labels, rate }): Sample => [labels, rate.calls]),
    ),
    gauge(
      'stemma_provider_error_ratio',
      'Share of these calls that failed or timed out, from 0 to 1.',
      rates.map(({ labels, rate }): Sample => [labels, rate.errorRate]),
    ),
    gauge('stemma_provider_latency_seconds', 'Latency of those that succeeded, by quantile.', latencies),
  ];
}

const each = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([key, value]) => [{ [label]: key }, value]);

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
const escape = (value: string): string => value.replaceAll(/[\\"\n]/g, (sign) => ESCAPED[sign] ?? sign);
