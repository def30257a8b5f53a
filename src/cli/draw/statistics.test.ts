import { describe, expect, it } from 'vitest';
import type { Statistics } from '../../app/statistics.ts';
import type { WorkerId } from '../../core/ids.ts';
import { drawStatistics } from './statistics.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle({ colour: false, unicode: true }), width: 100, language: 'en' };
const rate = { provider: 'ollama', model: 'small', calls: 4, failed: 1, errorRate: 0.25 };
const quiet: Statistics = {
  runs: {
    pending: 0,
    running: 0,
    waiting: 0,
    paused: 0,
    blocked: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    quarantined: 0,
  },
  queue: { depth: 0, oldestWaitMs: null },
  workers: {
    modes: { active: 0, paused: 0, draining: 0, quarantined: 0 },
    liveness: { live: 0, unresponsive: 0, stopped: 0, crashed: 0 },
  },
  calls: [],
  breakers: [],
  costPerHourMicroUsd: 0,
};

describe('the statistics', () => {
  it('of an idle installation are short', () => {
    expect(drawStatistics(quiet, options)).toBe(
      [
        'runs       0',
        'queue      0 runs wait for a worker',
        'workers    0',
        'last hour  $0.000000',
        '',
        'No model was called in the last hour.',
        '',
      ].join('\n'),
    );
  });

  it('tell what there is of runs, queue, workers, calls and breakers', () => {
    const drawn = drawStatistics(
      {
        runs: { ...quiet.runs, running: 1, succeeded: 12 },
        queue: { depth: 1, oldestWaitMs: 2500 },
        workers: {
          modes: { active: 1, paused: 0, draining: 1, quarantined: 0 },
          liveness: { live: 2, unresponsive: 0, stopped: 0, crashed: 1 },
        },
        calls: [
          { minutes: 5, models: [{ ...rate, p50Ms: null, p95Ms: null, p99Ms: null }] },
          {
            minutes: 15,
            models: [
              { ...rate, p50Ms: 20.4, p95Ms: 2500, p99Ms: 2500 },
              { ...rate, model: 'large', p50Ms: 1, p95Ms: 1, p99Ms: 1 },
            ],
          },
        ],
        breakers: [{ candidate: 'ollama/small', worker: 'w1' as WorkerId, state: 'open' }],
        costPerHourMicroUsd: 1500,
      },
      options,
    );
    expect(drawn).toBe(
      [
        'runs       1 in progress, 12 done',
        'queue      1 run waits for a worker, the first for 2.5 s',
        'workers    2 live, 1 crashed; 1 draining',
        'last hour  $0.001500',
        '',
        'Model           Last  Calls  Errors    p50    p95    p99',
        'ollama/large  15 min      4    25 %   1 ms   1 ms   1 ms',
        'ollama/small   5 min      4    25 %',
        '              15 min      4    25 %  20 ms  2.5 s  2.5 s',
        '',
        'Circuit breakers',
        'Model         State           Worker',
        'ollama/small  open: no calls  w1',
        '',
      ].join('\n'),
    );
  });
});
