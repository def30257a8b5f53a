import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunId } from '../../core/ids.ts';
import { openKitSession, placesIn } from '../kit-session.ts';
import type { KitSession, KitSessionOptions, Stored } from '../kit-session.ts';
import type { ConnectionSettings, OpenKitStore } from '../kit-store.ts';
import { readEffects } from '../script/effects.ts';
import { openKitSigner } from '../system.ts';
import { KitProcess } from './kit-process.ts';
import type { Orders, Told, ToldOf } from './orders.ts';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PROCESS = fileURLToPath(new URL(`./crash-process.${EXTENSION}`, import.meta.url));

/** A store to be tried, and where. */
export interface Tried {
  /** Loaded by every process. */
  readonly module: URL;
  /** The same, in this process. */
  readonly open: OpenKitStore;
  /** Folders of benches are made in it. */
  readonly directory?: string | undefined;
  /** Of long rows of cases only one in so many is tried. */
  readonly oneIn?: number | undefined;
}

/** What the processes of a bench have told. */
export interface ToldOnBench {
  /** Runs whose submission was begun; they may be there or not. */
  readonly submitting: readonly RunId[];
  /** Runs that must be there. */
  readonly submitted: readonly RunId[];
  /** Appends that were acknowledged. */
  readonly stored: readonly Stored[];
  /** How the connections of every process were set. */
  readonly connections: readonly ConnectionSettings[];
}

const open = new Set<KitBench>();

/** Whatever ends this process, nothing of a bench is left. */
const onExit = (): void => {
  for (const bench of open) bench.clear();
};
const onSignal = (signal: NodeJS.Signals): void => {
  onExit();
  guard(false);
  process.kill(process.pid, signal);
};

function guard(on: boolean): void {
  const change = on ? 'on' : 'off';
  process[change]('exit', onExit);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process[change](signal, onSignal);
}

/** One folder with a store, and the processes that work on it. At its end they are killed and the folder is gone. */
export class KitBench implements AsyncDisposable {
  readonly folder: string;
  readonly #tried: Tried;
  readonly #processes: KitProcess[] = [];

  constructor(tried: Tried) {
    this.#tried = tried;
    this.folder = mkdtempSync(join(tried.directory ?? tmpdir(), 'stemma-kit-'));
    if (open.size === 0) guard(true);
    open.add(this);
    const { key, memory, store } = placesIn(this.folder);
    for (const path of [memory, store]) mkdirSync(path);
    openKitSigner(key); // made before there are several to make it
  }

  start(orders: Partial<Orders> & Pick<Orders, 'mode'>): KitProcess {
    const output = join(this.folder, `process-${this.#processes.length + 1}`);
    const files = [openSync(`${output}.out`, 'w'), openSync(`${output}.err`, 'w')] as const;
    const all: Orders = { folder: this.folder, submit: 0, slots: 4, pauseMs: 0, ...orders };
    const args = [PROCESS, this.#tried.module.href, JSON.stringify(all)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', ...files], cwd: this.folder });
    for (const file of files) closeSync(file);
    const started = new KitProcess(child, output);
    this.#processes.push(started);
    return started;
  }

  /** A session of this process on the same store. */
  session(options: Omit<KitSessionOptions, 'folder'> = {}): Promise<KitSession> {
    return openKitSession(this.#tried.open, { ...options, folder: this.folder });
  }

  /** Marks of every execution so far, by `<runId>:<stepPath>`. */
  effects(): ReadonlyMap<string, readonly string[]> {
    return readEffects(placesIn(this.folder).effects);
  }

  /** Everything that the processes have told. */
  told(): ToldOnBench {
    const all = this.#processes.flatMap((process) => process.told());
    const of = <K extends Told['kind']>(kind: K): readonly ToldOf<K>[] =>
      all.filter((told): told is ToldOf<K> => told.kind === kind);
    return {
      submitting: of('submitting').map(({ runId }) => runId),
      submitted: of('submitted').map(({ runId }) => runId),
      stored: of('stored'),
      connections: of('ready').flatMap(({ connections }) => connections),
    };
  }

  /** At once, for a process that is about to end. */
  clear(): void {
    for (const child of this.#processes) if (!child.isOver) child.signal('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((child) => child.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    open.delete(this);
    if (open.size === 0) guard(false);
  }
}
