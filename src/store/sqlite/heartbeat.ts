import { Worker } from 'node:worker_threads';

/** What the thread is given: the store, whose counter to raise, and two shared words. */
export interface HeartbeatData {
  readonly file: string;
  readonly workerId: string;
  /** [answers of the main thread, whether to stop] */
  readonly shared: SharedArrayBuffer;
}

export const ANSWERS = 0;
export const STOP = 1;
const ANSWER_EVERY_MS = 1000;

/** The thread that raises a worker's counter while the main thread answers. Neither keeps the process alive. */
export class Heartbeat {
  readonly #words: Int32Array;
  readonly #thread: Worker;
  readonly #answering: NodeJS.Timeout;

  constructor(file: string, workerId: string) {
    const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#words = new Int32Array(shared);
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const script = new URL(`./beat-thread.${extension}`, import.meta.url);
    this.#thread = new Worker(script, { workerData: { file, workerId, shared } satisfies HeartbeatData, execArgv: [] });
    // A thread that fails leaves the counter standing: others take the runs over, and the fence keeps the record whole.
    this.#thread.on('error', () => {});
    this.#thread.unref();
    this.#answering = setInterval(() => Atomics.add(this.#words, ANSWERS, 1), ANSWER_EVERY_MS).unref();
  }

  /** Resolves when the thread has closed its connection. */
  async stop(): Promise<void> {
    clearInterval(this.#answering);
    this.#thread.ref();
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, STOP);
    if (this.#thread.threadId !== -1) await ended;
  }
}
