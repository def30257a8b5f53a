/** Measurements that need a process of their own: for its memory, its event loop, or because it is someone else's engine. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const TOLD_OF_FAILURE = 2000;
const running = new Set<ChildProcess>();

process.on('exit', () => running.forEach(end));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** A program that was started and has told nothing yet. */
export interface StartedProgram extends AsyncDisposable {
  /** What it tells; rejects when it ends without a word, with the last it wrote to stderr as the cause. */
  told<T>(): Promise<T>;
  send(what: object): void;
}

/**
 * Starts a program of this folder with a task. Whatever it starts belongs to its process group and ends with it, at the
 * latest when this process ends.
 */
export function startProgram(name: string, task: object): StartedProgram {
  const child = fork(new URL(name, import.meta.url), [JSON.stringify(task)], {
    detached: true,
    execArgv: ['--no-deprecation'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  running.add(child);
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr = `${stderr}${String(chunk)}`.slice(-TOLD_OF_FAILURE)));
  const ended = once(child, 'exit');
  const failed = ended.then(([code]) =>
    Promise.reject(new Error(`${name} ended with ${String(code)}`, { cause: stderr })),
  );
  failed.catch(() => {});
  return {
    told: <T>() => Promise.race([once(child, 'message').then(([message]) => message as T), failed]),
    send: (what) => void child.send(what),
    async [Symbol.asyncDispose]() {
      end(child);
      await ended;
      running.delete(child);
    },
  };
}

/** Runs a program to the one thing that it tells. */
export async function runProgram<T>(name: string, task: object): Promise<T> {
  await using program = startProgram(name, task);
  return await program.told<T>();
}

/** Ends a program with everything that it has started. */
function end(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // there are no groups here, or nothing is left of this one
  }
}

/** What this program was asked to do. When the process that asked is gone, nothing of this one stays behind. */
export function taskOf<T>(): T {
  process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** Tells the process that started this one, and waits until it has been sent. */
export function tell(what: object): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('This program is started by the benchmark, not by hand.');
    process.send(what, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
