import { describe, expect, it } from 'vitest';
import type { ComparedStep, RunComparison } from '../../app/compare-runs.ts';
import type { ExactDiff } from '../../app/exact-diff.ts';
import type { ReplayResult } from '../../app/replay-run.ts';
import { drawComparison, drawExact, drawReplay } from './comparison.ts';
import { createStyle } from './style.ts';

const LEFT = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
const RIGHT = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b11';
const look = (language = 'en') => ({ style: createStyle({ colour: false, unicode: true }), width: 80, language });

const side = { state: 'succeeded', reused: false, attempts: 1, models: ['lab/m'], costMicroUsd: 0, durationMs: 5 };
const step = (path: string, own: object): ComparedStep =>
  ({
    path,
    only: null,
    left: side,
    right: side,
    artifact: { kind: 'same', type: 'text' },
    ...own,
  }) as unknown as ComparedStep;
const words = [
  { kind: 'same', text: `A long beginning that nobody has changed in any way at all, ${'and on and on '.repeat(6)}` },
  { kind: 'removed', text: 'small ' },
  { kind: 'added', text: 'large ' },
  { kind: 'same', text: 'cat' },
];

const comparison = {
  left: { runId: LEFT, state: 'succeeded', costMicroUsd: 0, durationMs: 10 },
  right: { runId: RIGHT, state: 'failed', costMicroUsd: 1500, durationMs: 10 },
  settings: [{ name: 'seed', left: '7', right: '8' }],
  given: [
    {
      type: 'context',
      words: [
        { kind: 'removed', text: 'loud' },
        { kind: 'added', text: '\u001B[2Jquiet' },
      ],
    },
  ],
  steps: [
    step('translate', {}),
    step('rewrite', {
      right: { ...side, models: [], attempts: 3, durationMs: 9 },
      artifact: { kind: 'text', type: 'interception', words },
    }),
    step('paint', { artifact: { kind: 'picture', type: 'output_image', distance: 31 } }),
    step('unread', { artifact: { kind: 'picture', type: 'output_image', distance: null } }),
    step('sound', { artifact: { kind: 'other', type: 'output_sound', left: 'a', right: 'b' } }),
    step('half', { artifact: { kind: 'other', type: 'output_sound', left: 'a', right: null } }),
    step('taken', { right: { ...side, reused: true, attempts: 0, models: [], durationMs: null } }),
    step('more', { only: 'right', left: null }),
  ],
} as unknown as RunComparison;

describe('two runs side by side', () => {
  it('are drawn with everything that differs and nothing else', () => {
    expect(drawComparison(comparison, look())).toMatchInlineSnapshot(`
      "left: 01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10 done
      right: 01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b11 did not work out
        cost: $0 | $0.0015

      Set otherwise
        seed: 7 | 8

      Given otherwise
        context:
          [−loud][+␛[2Jquiet]

      Steps
        rewrite
          attempts: 1 | 3
          models: lab/m | nothing
          interception:
            …d on and on and on and on and on and on [−small] [+large] cat
          time: 5 ms | 9 ms
        paint
          output_image: 31 of 64 bits of the pictures' hashes differ
        unread
          output_image: the pictures differ
        sound
          output_sound: other bytes
        half
          output_sound: a | nothing
        more
          only on the right, done
        2 steps are the same in both.
      "
    `);
  });

  it('speak German', () => {
    expect(drawComparison(comparison, look('de'))).toContain('31 von 64 Bits der Bildabdrücke sind anders');
  });
});

describe('the exact diff', () => {
  it('says that the bytes are the same', () => {
    expect(drawExact({ same: 6, difference: null } as ExactDiff, look())).toBe('Same bytes: 6 artifacts.\n');
  });

  it('shows the first difference', () => {
    const difference = {
      stepPath: null,
      type: 'input',
      number: 2,
      left: { id: 'x/01_input.txt', sha256: 'ab' },
      right: null,
    };
    expect(drawExact({ same: 1, difference } as unknown as ExactDiff, look())).toBe(
      [
        'First difference: input no. 2 of what was given',
        '  left: x/01_input.txt ab',
        '  right: nothing',
        '1 artifact is the same.',
        '',
      ].join('\n'),
    );
  });
});

describe('a replay', () => {
  const result = {
    runId: RIGHT,
    replayOf: LEFT,
    state: 'succeeded',
    fault: null,
    exact: { same: 6, difference: null },
    verdicts: [{ stepPath: 'ask', facts: { type: 'input', recorded: 'pass', now: 'block' } }],
  } as unknown as ReplayResult;

  it('says that it came through, and what would be judged otherwise', () => {
    expect(drawReplay(result, { ...look(), width: 200 })).toBe(
      [
        `Replay ${RIGHT} of ${LEFT} done`,
        'The same bytes: 6 artifacts. Nobody was called.',
        'Would be judged otherwise now; the record was followed',
        '  input at ask: pass then, block now',
        '',
      ].join('\n'),
    );
  });

  it('says what the record lacks', () => {
    const facts = { path: 'ask', because: 'another-request', differs: 'parts' };
    const difference = { stepPath: 'ask', type: 'text', number: 1, left: null, right: null };
    const missed = { ...result, fault: { code: 'REPLAY_MISS', type: 'Replay', facts }, exact: { same: 1, difference } };
    const drawn = drawReplay(missed as unknown as ReplayResult, { ...look(), width: 200 });
    expect(drawn).toContain('The replay stopped at ask: something else is asked than then (parts).');
    expect(drawn).toContain('Not the same bytes.\nFirst difference: text of ask');
    const other = { ...missed, fault: { code: 'REPLAY_MISS', type: 'Replay', facts: { path: 'ask', because: 'new' } } };
    expect(drawReplay(other as unknown as ReplayResult, look())).toContain('The replay stopped at ask: new.');
  });
});
