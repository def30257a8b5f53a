/**
 * The whole of CI in one command: every check runs, also after one has failed. The last line counts the tests, as
 * the test runner's own report has them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), 'stemma-verify-'));
const reportFile = join(scratch, 'tests.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];

/** Scripts of package.json in the order they run, with arguments of their own. */
const CHECKS: readonly { readonly script: string; readonly args?: readonly string[] }[] = [
  { script: 'format' },
  { script: 'lint' },
  { script: 'types' },
  { script: 'test', args: ['--coverage', ...reporters] },
  { script: 'unused' },
  { script: 'build' },
  { script: 'package' },
];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function main(): void {
  const results = CHECKS.map(({ script, args = [] }) => {
    console.log(`\n── ${script}`);
    const startedAt = performance.now();
    const ok = runScript(script, args);
    return { script, ok, seconds: (performance.now() - startedAt) / 1000 };
  });
  const counts = readCounts();
  console.log('');
  for (const { script, ok, seconds } of results)
    console.log(`${mark(ok)} ${script.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s`);
  const total = counts.passed + counts.failed;
  if (total === 0) console.log(`${mark(false)} no test was run`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  if (total === 0 || counts.failed > 0 || results.some(({ ok }) => !ok)) process.exitCode = 1;
}

const mark = (ok: boolean): string =>
  styleText(ok ? 'green' : 'red', ok ? 'ok    ' : 'FAILED', { stream: process.stdout });

function runScript(script: string, args: readonly string[]): boolean {
  const npm = npmCommand();
  const all = [...npm.args, 'run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])];
  const { status, error } = spawnSync(npm.file, all, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
    shell: npm.shell,
  });
  if (error !== undefined) console.error(`npm could not be started: ${error.message}`);
  return status === 0;
}

/** The npm that started this script, else the one on the path. */
function npmCommand(): { file: string; args: readonly string[]; shell: boolean } {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli?.endsWith('.js')) return { file: node ?? process.execPath, args: [cli], shell: false };
  return { file: 'npm', args: [], shell: process.platform === 'win32' };
}

/** Colours only for a terminal, whatever the surroundings ask for. */
function environment(): NodeJS.ProcessEnv {
  if (process.stdout.isTTY) return process.env;
  const { FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

function readCounts(): Counts {
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Readonly<Record<string, number>>;
    return {
      passed: report['numPassedTests'] ?? 0,
      failed: report['numFailedTests'] ?? 0,
      skipped: (report['numPendingTests'] ?? 0) + (report['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

try {
  main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
