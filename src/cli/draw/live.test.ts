import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ToldRun } from '../../../test/support/told-run.ts';
import { chronicleOf } from '../../core/chronicle.ts';
import { openLiveView } from './live.ts';
import type { LiveClock } from './live.ts';
import { createStyle } from './style.ts';

/** A terminal that remembers what it was sent. */
class Screen extends Writable {
  readonly isTTY: boolean;
  readonly columns = 60;
  readonly rows: number;
  readonly sent: string[] = [];

  constructor(own: { isTTY: boolean; rows?: number }) {
    super({ decodeStrings: false });
    this.isTTY = own.isTTY;
    this.rows = own.rows ?? 40;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}

/** Time that goes on only when it is told to. */
class HandClock implements LiveClock {
  #now = 0;
  #due: { at: number; call: () => void } | undefined;

  now = (): number => this.#now;
  later = (ms: number, call: () => void): (() => void) => {
    this.#due = { at: this.#now + ms, call };
    return () => (this.#due = undefined);
  };

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#due;
    if (due === undefined || due.at > this.#now) return;
    this.#due = undefined;
    due.call();
  }
}

const told = (rounds: number): ReturnType<typeof chronicleOf> => {
  const run = new ToldRun().begin();
  for (let round = 1; round <= rounds; round += 1)
    run.step(`interception[${round}]`, 'text.interception', {
      makes: [{ type: 'interception', text: `The fox number ${round}` }],
    });
  return chronicleOf(run.source());
};

const open = (stream: Screen, clock: LiveClock) =>
  openLiveView({
    stream: stream,
    style: createStyle({ colour: false, unicode: true }),
    width: 60,
    language: 'en',
    title: (path) => path,
    clock,
  });

describe('on a terminal', () => {
  it('draws at most ten times a second and never loses the last state', () => {
    const screen = new Screen({ isTTY: true });
    const clock = new HandClock();
    const view = open(screen, clock);
    for (const rounds of [1, 2, 3]) view.show(told(rounds));
    expect(screen.sent).toHaveLength(1);
    clock.pass(99);
    expect(screen.sent).toHaveLength(1);
    clock.pass(1);
    expect(screen.sent).toHaveLength(2);
    expect(screen.sent[1]).toContain('The fox number 3');
    view.done();
  });

  it('draws what is still due before it gives the terminal back', () => {
    const screen = new Screen({ isTTY: true });
    const view = open(screen, new HandClock());
    view.show(told(1));
    view.show(told(2));
    view.done();
    expect(screen.sent.at(-1)).toContain('The fox number 2');
  });

  it('shows the last part of a tree that is taller than the terminal', () => {
    const screen = new Screen({ isTTY: true, rows: 10 });
    const view = open(screen, new HandClock());
    view.show(told(9));
    view.done();
    const [drawn = ''] = screen.sent;
    expect(drawn).toContain('The fox number 9');
    expect(drawn).not.toContain('A red fox sleeps');
    expect(drawn.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  });
});

describe('without a terminal', () => {
  it('writes one line for every step that ended, once', () => {
    const stream = new Screen({ isTTY: false });
    const view = open(stream, new HandClock());
    for (const rounds of [1, 2, 2]) view.show(told(rounds));
    view.done();
    expect(stream.sent).toEqual([
      'interception[1] · interception[1]: done · 40 ms\n',
      'interception[2] · interception[2]: done · 40 ms\n',
    ]);
  });
});
