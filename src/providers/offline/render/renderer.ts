import { Worker } from 'node:worker_threads';

/** Turns SVG into PNG outside the main thread. */
export interface Renderer extends AsyncDisposable {
  /**
   * The picture as PNG, in the size that the SVG gives; the same SVG gives the same bytes.
   * Links in the SVG are not followed; its text is set in the bundled "Noto Sans".
   *
   * Renders run one after the other in the order of the calls. An abort rejects with the signal's reason at once.
   *
   * @throws {Error} when the SVG cannot be read, the thread ended, or the renderer is closed
   */
  render(svg: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Ends the thread; waiting renders reject. May be called twice. */
  close(): Promise<void>;
}

export interface RendererOptions {
  /** Another script for the thread. Default: the one beside this file. */
  readonly thread?: URL;
}

interface Job {
  readonly id: number;
  readonly svg: string;
  settle(result: Uint8Array | Error): void;
}

/** Compiled and uncompiled alike, the thread's file has the same extension as this one. */
function threadBeside(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./render-thread.ts', import.meta.url)
    : new URL('./render-thread.js', import.meta.url);
}

/**
 * A renderer whose thread starts on first use, starts again after a crash, and keeps no idle process alive.
 *
 * @example
 * await using renderer = openRenderer();
 * const png = await renderer.render('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
 */
export function openRenderer({ thread = threadBeside() }: RendererOptions = {}): Renderer {
  return new ThreadRenderer(thread);
}

class ThreadRenderer implements Renderer {
  readonly #script: URL;
  readonly #waiting: Job[] = [];
  #running: Job | undefined;
  #thread: Worker | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(script: URL) {
    this.#script = script;
  }

  render(svg: string, signal?: AbortSignal): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    if (this.#isClosed) return Promise.reject(closedError());
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    this.#lastId += 1;
    const job: Job = {
      id: this.#lastId,
      svg,
      settle: (result) => {
        signal?.removeEventListener('abort', onAbort);
        if (result instanceof Error) reject(result);
        else resolve(result);
      },
    };
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(job);
      if (at >= 0) this.#waiting.splice(at, 1);
      // A render that has begun runs to its end in the thread; nobody hears its result.
      if (signal !== undefined) reject(reasonOf(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(job);
    this.#next();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const thread = this.#thread;
    this.#thread = undefined;
    this.#rejectAll(closedError());
    await thread?.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#waiting.shift();
    if (this.#running === undefined) {
      this.#thread?.unref();
      return;
    }
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage({ id: this.#running.id, svg: this.#running.svg }, []);
  }

  #start(): Worker {
    // Flags of the process (an inspector, an evaluated script) are not meant for the thread.
    const thread = new Worker(this.#script, { name: 'stemma-render', execArgv: [] });
    thread.on('message', (reply: unknown) => this.#receive(reply));
    thread.on('error', (cause: unknown) =>
      this.#lose(thread, new Error(`The render thread crashed: ${textOf(cause)}`, { cause })),
    );
    thread.on('exit', (code) =>
      this.#lose(thread, new Error(`The render thread ended with code ${code}; render again`)),
    );
    return thread;
  }

  #receive(reply: unknown): void {
    const job = this.#running;
    if (job === undefined || !isReply(reply) || reply.id !== job.id) return;
    this.#running = undefined;
    job.settle(reply.png ?? new Error(`The SVG could not be rendered: ${reply.message ?? 'no reason given'}`));
    this.#next();
  }

  /** Events of a thread that was given up already must not touch its successor. */
  #lose(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#rejectAll(error);
  }

  #rejectAll(error: Error): void {
    const jobs = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting.splice(0)];
    this.#running = undefined;
    for (const job of jobs) job.settle(error);
  }
}

interface Reply {
  readonly id: number;
  readonly png?: Uint8Array;
  readonly message?: string;
}

function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null || !('id' in value)) return false;
  return 'png' in value ? value.png instanceof Uint8Array : 'message' in value && typeof value.message === 'string';
}

function closedError(): Error {
  return new Error('The renderer is closed: open a new one to render');
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('The render was canceled', { cause: reason });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
