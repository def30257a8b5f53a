/** What the crash tests do from outside: start processes on one folder, kill them, and wait for what can be seen. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRun } from '../../src/app/start-run.ts';
import { asWorker, work } from '../../src/app/work.ts';
import type { RunEvent } from '../../src/core/events.ts';
import type { RunId } from '../../src/core/ids.ts';
import { openForWriting } from '../../src/store/sqlite/connection.ts';
import { crashPlaces, openCrashApp } from './crash-app.ts';
import type { CrashApp, CrashPlaces } from './crash-app.ts';
import type { CrashMode, Told } from './crash-worker.ts';
import { PROJECT_ROOT } from './source-files.ts';

const WORKER = fileURLToPath(import.meta.resolve('./crash-worker.ts'));
const LAUNCHER = join(PROJECT_ROOT, 'bin', 'stemma.js');
const WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 3;

/** Looks until there is something to see. @throws after 30 s, saying what was waited for */
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
export class CrashProcess {
  readonly pid: number;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #output: string;
  #over = false;

  constructor(child: ChildProcess, output: string) {
    this.#child = child;
    this.#output = output;
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.#over = true;
        resolve(signal ?? code ?? -1);
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (!this.#over) this.signal('SIGKILL');
    await this.exited;
  }

  /** Exit code 0, with what it wrote to stderr in the error otherwise. */
  async succeeded(): Promise<void> {
    await until('the process has ended', () => this.#over);
    const code = await this.exited;
    if (code !== 0) throw new Error(`The process ended with ${code}: ${this.stdout()}${this.stderr()}`);
  }

  stdout(): string {
    return readFileSync(`${this.#output}.out`, 'utf8');
  }

  stderr(): string {
    return readFileSync(`${this.#output}.err`, 'utf8');
  }

  /** Lines that are whole. */
  told(): readonly Told[] {
    const lines = this.stdout().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Told);
  }

  /** What it told of one kind. */
  toldOf<K extends Told['kind']>(kind: K): readonly Extract<Told, { kind: K }>[] {
    return this.told().filter((told): told is Extract<Told, { kind: K }> => told.kind === kind);
  }

  /** The id it works under, once it is registered. */
  async workerId(): Promise<string> {
    const ready = await until('the worker is ready', () => this.whileAlive(this.toldOf('ready').at(0)));
    return ready.worker;
  }

  /** What was seen; when there is nothing yet and the process is gone, there will never be. */
  whileAlive<T>(seen: T): T {
    if (this.#over && (seen === undefined || seen === false))
      throw new Error(`The process is gone: ${this.stdout()}${this.stderr()}`);
    return seen;
  }
}

/** One folder with a store, an app to look into it, and the processes that work on it. */
export class CrashBench implements AsyncDisposable {
  readonly places: CrashPlaces;
  readonly app: CrashApp;
  readonly #folder: string;
  readonly #processes: CrashProcess[] = [];

  /** When a test runs out of time, nothing of it is disposed of. */
  readonly #onExit = (): void => {
    for (const child of this.#processes) child.signal('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  };

  constructor(folder: string, app: CrashApp) {
    process.on('exit', this.#onExit);
    this.#folder = folder;
    this.places = crashPlaces(folder);
    this.app = app;
  }

  start(mode: CrashMode): CrashProcess {
    return this.#spawn([WORKER, this.#folder, mode]);
  }

  /** The real binary, as a person calls it. */
  stemma(...args: readonly string[]): CrashProcess {
    return this.#spawn([LAUNCHER, ...args]);
  }

  async submit(config: string, set: Readonly<Record<string, number>> = {}): Promise<RunId> {
    return (await startRun(this.app, { config, text: 'A lighthouse in the fog', set })).runId;
  }

  /** Works on a run in this very process for a while, and gives it back. */
  async workUntil(runId: RunId, isEnough: () => boolean): Promise<void> {
    const leave = new AbortController();
    const working = asWorker(this.app, () => work(this.app, { only: runId, signal: leave.signal }));
    await until('enough is done', isEnough).finally(() => leave.abort());
    await working;
  }

  openGate(): void {
    writeFileSync(this.places.gate, '');
  }

  /** Marks of every execution so far, by `<runId>:<stepPath>`. */
  effects(): ReadonlyMap<string, readonly string[]> {
    const effects = new Map<string, string[]>();
    for (const line of this.#effectLines()) {
      const [step = '', mark = ''] = line.split(' ');
      effects.set(step, [...(effects.get(step) ?? []), mark]);
    }
    return effects;
  }

  get effectCount(): number {
    return this.#effectLines().length;
  }

  async events(runId: RunId): Promise<readonly RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of this.app.store.log.read(runId)) events.push(event);
    return events;
  }

  async stateOf(runId: RunId): Promise<string> {
    return (await this.app.store.log.head(runId))?.state ?? 'unknown';
  }

  /** Stops a process where it holds no lock on the database: nobody could write until it goes on. */
  async stop(child: CrashProcess): Promise<void> {
    await until('the process stands still without a lock', async () => {
      child.signal('SIGSTOP');
      if (await this.#canWrite()) return true;
      child.signal('SIGCONT');
      return false;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((child) => child.kill()));
    await this.app[Symbol.asyncDispose]();
    process.off('exit', this.#onExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): CrashProcess {
    const output = join(this.#folder, `process-${this.#processes.length + 1}`);
    const files = [openSync(`${output}.out`, 'w'), openSync(`${output}.err`, 'w')] as const;
    const env = { ...process.env, STEMMA_DATA: this.places.data, XDG_CONFIG_HOME: this.places.config };
    const child = spawn(process.execPath, args, { stdio: ['ignore', ...files], env, cwd: this.#folder });
    for (const file of files) closeSync(file);
    const started = new CrashProcess(child, output);
    this.#processes.push(started);
    return started;
  }

  #effectLines(): readonly string[] {
    return readFileSync(this.places.effects, 'utf8').split('\n').slice(0, -1);
  }

  /** Twice with a moment between, because a signal takes its time to reach every thread. */
  async #canWrite(): Promise<boolean> {
    for (let time = 0; time < 2; time += 1) {
      await pause(LOOK_EVERY_MS);
      const database = openForWriting(join(this.places.data, 'stemma.db'));
      try {
        database.exec('begin immediate; rollback');
      } catch {
        return false;
      } finally {
        database.close();
      }
    }
    return true;
  }
}

export async function openBench(): Promise<CrashBench> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-crash-'));
  writeFileSync(crashPlaces(folder).effects, '');
  try {
    return new CrashBench(folder, await openCrashApp(folder));
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
}
