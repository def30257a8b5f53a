import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseTold } from './orders.ts';
import type { Told, ToldOf } from './orders.ts';

const WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 5;

/** Looks until there is something to see. @throws {Error} after two minutes, saying what was waited for */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`Waited ${WITHIN_MS} ms in vain until ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}

/** A process on the bench's folder. What it wrote is kept in files, which outlive it. */
export class KitProcess {
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #output: string;
  #end: number | NodeJS.Signals | undefined;

  /** @param output - beginning of the names of the files `.out` and `.err` that it writes to */
  constructor(child: ChildProcess, output: string) {
    this.#child = child;
    this.#output = output;
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.#end = signal ?? code ?? -1;
        resolve(this.#end);
      });
    });
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (!this.isOver) this.signal('SIGKILL');
    await this.exited;
  }

  /** How it ended, once it has. @throws {Error} when it does not end within two minutes */
  async ended(): Promise<number | NodeJS.Signals> {
    return until('the process has ended', () => this.#end);
  }

  /** Why the process should not be over, or nothing while it goes on. */
  death(): string | undefined {
    if (!this.isOver) return undefined;
    return `a process ended by itself with ${this.#end}: ${readFileSync(`${this.#output}.err`, 'utf8')}`;
  }

  /** Everything that it has told, as far as the lines are whole. */
  told(): readonly Told[] {
    const lines = readFileSync(`${this.#output}.out`, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => parseTold(line));
  }

  toldOf<K extends Told['kind']>(kind: K): readonly ToldOf<K>[] {
    return this.told().filter((told): told is ToldOf<K> => told.kind === kind);
  }

  /** Looks until there is something to see, as long as the process lives. @throws {Error} when it dies before */
  async untilTold<T>(what: string, look: (process: this) => T): Promise<NonNullable<T>> {
    return until(what, () => {
      const death = this.death();
      const seen = look(this);
      if (death !== undefined && (seen === undefined || seen === false)) throw new Error(death);
      return seen;
    });
  }
}
