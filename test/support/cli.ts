/** Runs the real binary, as a person would, in a data directory of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from './source-files.ts';

const BINARY = join(PROJECT_ROOT, 'bin', 'stemma.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as another user, where the test is root. */
  readonly uid?: number;
}

export interface Workplace extends Disposable {
  readonly folder: string;
  readonly data: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** `--json` is added; the document that came. */
  json<T = Record<string, unknown>>(
    args: readonly string[],
    options?: CliOptions,
  ): Promise<T & { readonly exit: number | null }>;
  start(args: readonly string[], options?: CliOptions): ChildProcess;
  /** What a started command printed and how it ended. */
  ended(child: ChildProcess, stdin?: string | Uint8Array): Promise<CliResult>;
}

/** A temporary folder with a data directory and user settings of its own; removed at the end. */
export function openWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-cli-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const env = { STEMMA_DATA: data, XDG_CONFIG_HOME: join(folder, 'settings'), LANG: 'en_GB.UTF-8', NO_COLOR: '1' };
  const start: Workplace['start'] = (args, options = {}) =>
    spawn(process.execPath, [BINARY, ...args], {
      cwd: options.cwd ?? folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
  const run: Workplace['run'] = (args, options = {}) => ended(start(args, options), options.stdin);
  return {
    folder,
    data,
    start,
    run,
    ended,
    async json(args, options) {
      const { code, stdout, stderr } = await run([...args, '--json'], options);
      try {
        return { ...JSON.parse(stdout), exit: code };
      } catch (cause) {
        throw new Error(`no JSON on stdout of ${args.join(' ')}: ${stdout}${stderr}`, { cause });
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function ended(child: ChildProcess, stdin: string | Uint8Array = ''): Promise<CliResult> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => {}); // a command that has what it needs does not read on
  child.stdin?.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}
