import { describe, expect, it } from 'vitest';
import { ToldRun } from '../../../test/support/told-run.ts';
import type { ToldEnd } from '../../../test/support/told-run.ts';
import { chronicleOf } from '../../core/chronicle.ts';
import type { Instant } from '../../core/ids.ts';
import type { RecordedRoute } from '../../core/schema.ts';
import { chronicleSchema } from '../../core/shapes.ts';
import { createStyle } from './style.ts';
import { drawTree } from './tree.ts';

const MESSAGES: Readonly<Record<string, string>> = {
  'error.PROVIDER_UNREACHABLE.title': 'The service cannot be reached at the moment.',
  'error.BUDGET_EXCEEDED.title': 'The budget is not enough for this.',
};
const style = createStyle({ colour: false, unicode: true });

function draw(told: ToldRun, language = 'en'): string {
  const chronicle = chronicleSchema.parse(chronicleOf(told.source({ message: (key) => MESSAGES[key] ?? key })));
  return drawTree(chronicle, { style, width: 120, title: () => 'Rewriting', language });
}

const route = (chosen: string | null, ruledOut: RecordedRoute['ruledOut'] = {}) => ({
  route: { chosen, candidates: ['lab/one', 'lab/two'], ruledOut },
});
const fault = (code: string, facts: Record<string, number> = {}, more: object = {}) => ({
  fault: { code, type: 'Test', facts, ...more },
});
/** Later than the end of the attempt that is told next. */
const dueIn = (told: ToldRun, ms: number): Pick<ToldEnd, 'retryAt'> => ({ retryAt: (told.now + ms) as Instant });

describe('a run whose services had trouble', () => {
  const told = new ToldRun().begin();
  told.start('interception[1]', route('lab/one'));
  const rateLimited = fault('PROVIDER_RATE_LIMITED', {}, { retryAfterMs: 30_000 });
  told.end('interception[1]', { state: 'failed', ...rateLimited, ...dueIn(told, 30_000) });
  told.start('interception[1]', route('lab/one'), 2);
  told.end('interception[1]', { state: 'timedOut', ...fault('STEP_TIMEOUT', { idle: 5000 }), ...dueIn(told, 0) }, 2);
  told.start('interception[1]', route('lab/two', { 'lab/one': 'has failed here' }), 3);
  told.end('interception[1]', { state: 'failed', ...fault('PROVIDER_UNREACHABLE'), ...dueIn(told, 500) }, 3);
  const open = { 'lab/one': 'has failed here', 'lab/two': 'breaker open' };
  told.start('interception[1]', route(null, open), 4);
  told.end('interception[1]', { state: 'suspended', ...dueIn(told, 60_000) }, 4);
  told.start('interception[1]', route('lab/two'), 5);
  const text = [{ type: 'interception', text: 'A blue fox sleeps.' }];
  told.end('interception[1]', { provider: 'lab', model: 'two', makes: text, queuedMs: 4200 }, 5);
  told.finish('succeeded');

  it('tells what each did and what was decided then', () => {
    expect(draw(told)).toContain(`│      ↻ second attempt: lab/one: answered 429, asked to wait 30 s; tried again
│      ↻ third attempt: lab/one: gave no sign for 5 s; moved on to lab/two
│      ↻ fourth attempt: lab/two: The service cannot be reached at the moment
│      ↻ fifth attempt: the breaker of lab/two stands open for 1 min 0 s
│      ◷ waited 4.2 s for a free place`);
  });

  it('tells it in German too', () => {
    const german = draw(told, 'de');
    expect(german).toContain('lab/one: antwortete mit 429 und bat um 30 s Geduld; noch einmal versucht');
    expect(german).toContain('weiter zu lab/two');
    expect(german).toContain('wartete 4,2 s auf einen freien Platz');
  });
});

describe('a run that may not cost more', () => {
  const refused = fault('BUDGET_EXCEEDED', { estimateMicroUsd: 1_500_000, limitMicroUsd: 1_000_000 });

  it('tells what the call would have cost and what the budget allows', () => {
    const told = new ToldRun().begin();
    told.start('interception[1]', route('lab/one')).end('interception[1]', { state: 'failed', ...refused });
    expect(draw(told.finish('failed'))).toContain('lab/one: would have cost $1.5, the budget allows $1');
  });

  it('tells that a person said no', () => {
    const told = new ToldRun().begin().start('interception[1]', route('lab/one'));
    told.end('interception[1]', { state: 'failed', fault: { ...refused.fault, type: 'Declined' } });
    expect(draw(told.finish('failed'))).toContain('a person said no');
  });
});

it('tells whom the route has passed over, and nothing of those who never came into question', () => {
  const told = new ToldRun().begin();
  const ruledOut = { 'lab/one': 'breaker open', 'lab/three': 'has no such model', 'lab/four': 'over the budget' };
  told.start('interception[1]', route('lab/two', ruledOut)).end('interception[1]', { provider: 'lab', model: 'two' });
  const text = draw(told.finish('succeeded'));
  expect(text).toContain('passed over lab/one: its breaker stands open');
  expect(text).toContain('passed over lab/four: it would go beyond the budget');
  expect(text).not.toContain('lab/three');
});
