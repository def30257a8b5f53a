import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StemmaError, isErrorCode, toStemmaError } from './errors.ts';
import { ATTEMPT_MOVES, REPEATABLE_ENDS, RUN_MOVES, STATE_MACHINES, assertMove, isTerminal } from './states.ts';
import type { RunState } from './states.ts';

type Table = Readonly<Record<string, readonly string[]>>;
const machines = Object.entries<Table>(STATE_MACHINES);
const runStates = Object.keys(RUN_MOVES) as RunState[];
const unended = runStates.filter((state) => !isTerminal(RUN_MOVES, state));

const thrownBy = (body: () => void): unknown => {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
};

function reachable(table: Table, from: string): ReadonlySet<string> {
  const seen = new Set([from]);
  for (const state of seen) for (const next of table[state] ?? []) seen.add(next);
  return seen;
}

describe.each(machines)('the table of %s', (_name, table) => {
  it('moves only to states it has, and never to the same one', () => {
    for (const [state, moves] of Object.entries(table)) {
      expect(new Set(moves).size).toBe(moves.length);
      for (const next of moves) expect(Object.keys(table)).toContain(next);
      expect(moves).not.toContain(state);
    }
  });

  it('reaches an end from every state', () => {
    for (const state of Object.keys(table))
      expect([...reachable(table, state)].some((next) => isTerminal(table, next))).toBe(true);
  });

  it('reaches every state from its first', () => {
    const [first = ''] = Object.keys(table);
    expect([...reachable(table, first)].sort()).toEqual(Object.keys(table).sort());
  });
});

describe('a run', () => {
  it('has the nine states, five of which are ends', () => {
    expect(runStates).toHaveLength(9);
    expect(runStates.filter((state) => isTerminal(RUN_MOVES, state)).sort()).toEqual(
      ['blocked', 'canceled', 'failed', 'quarantined', 'succeeded'].sort(),
    );
  });

  it('is in a terminal state whenever no further move is possible, however it came there', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (choices) => {
        let state: RunState = 'pending';
        for (const choice of choices) {
          const moves: readonly RunState[] = RUN_MOVES[state];
          const next = moves[choice % Math.max(1, moves.length)];
          if (next === undefined) break;
          assertMove('run', RUN_MOVES, { from: state, to: next });
          state = next;
        }
        expect(RUN_MOVES[state].length === 0 || RUN_MOVES[state].some((next) => next === 'canceled')).toBe(true);
      }),
    );
  });

  const commands = [
    ['cancel', 'canceled'],
    ['pause', 'paused'],
    ['resume', 'running'],
  ] as const;

  const asked = unended.flatMap((from) => commands.map(([command, to]) => ({ from, command, to })));

  it.each(asked.filter(({ from, to }) => RUN_MOVES[from].includes(to)))('may $command while $from', ({ from, to }) => {
    expect(thrownBy(() => assertMove('run', RUN_MOVES, { from, to }))).toBeUndefined();
  });

  it.each(asked.filter(({ from, to }) => !RUN_MOVES[from].includes(to)))(
    'answers a named code to $command while $from',
    ({ from, to }) => {
      const error = thrownBy(() => assertMove('run', RUN_MOVES, { from, to }));
      expect(error).toBeInstanceOf(StemmaError);
      expect(isErrorCode(toStemmaError(error).code)).toBe(true);
      expect(toStemmaError(error).code).not.toBe('INTERNAL');
    },
  );

  it('can be canceled in every state that is no end', () => {
    for (const from of unended) expect(RUN_MOVES[from]).toContain('canceled');
  });

  it('that has ended refuses every move, and says so', () => {
    for (const from of runStates.filter((state) => isTerminal(RUN_MOVES, state)))
      for (const to of runStates)
        expect(thrownBy(() => assertMove('run', RUN_MOVES, { from, to }))).toMatchObject({
          code: 'STATE_CONFLICT',
          message: `A run cannot go from ${from} to ${to}.`,
          hint: expect.stringContaining(`has ended as ${from}`) as string,
        });
  });

  it('that has not ended names the moves it has', () => {
    expect(thrownBy(() => assertMove('run', RUN_MOVES, { from: 'paused', to: 'succeeded' }))).toMatchObject({
      code: 'STATE_CONFLICT',
      facts: { from: 'paused', to: 'succeeded' },
      hint: 'From paused it may go to: running, canceled.',
    });
  });
});

it('an attempt may be followed by another only after an end that is neither success, block nor cancel', () => {
  for (const state of REPEATABLE_ENDS) expect(isTerminal(ATTEMPT_MOVES, state)).toBe(true);
  expect(ATTEMPT_MOVES.running.filter((state) => !REPEATABLE_ENDS.includes(state))).toEqual([
    'succeeded',
    'blocked',
    'canceled',
  ]);
});
