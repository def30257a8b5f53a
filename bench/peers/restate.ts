/** Restate: its server as a process of its own, its SDK's endpoint in this one; both from npm, talking over loopback. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import * as restate from '@restatedev/restate-sdk';
import { freePort } from './free-port.ts';
import { runPeer } from './peer.ts';
import type { OpenedPeer, PeerTask } from './peer.ts';

const READY_WITHIN_MS = 60_000;
/** From its own account of its settings: a step is in the log server's RocksDB, whose log is fsynced. */
const DURABLE = ['[bifrost] default-provider = "replicated"', '[log-server] rocksdb-disable-wal-fsync = false'];

const require = createRequire(import.meta.url);
const version = (require('@restatedev/restate-server/package.json') as { version: string }).version;
const executable = require.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);

const noop = restate.service({
  name: 'bench',
  handlers: {
    async run(context: restate.Context, steps: number): Promise<void> {
      for (let step = 1; step <= steps; step += 1) await context.run(`s${step}`, () => {});
    },
  },
});

interface Ports {
  readonly ingress: number;
  readonly admin: number;
  readonly node: number;
}

async function open({ folder }: PeerTask): Promise<OpenedPeer> {
  const ports: Ports = { ingress: await freePort(), admin: await freePort(), node: await freePort() };
  const env = settings(folder, ports);
  const durability = durabilityOf(env);
  await using started = new AsyncDisposableStack();
  const endpoint = createServer(restate.createEndpointHandler({ services: [noop], logger: () => {} }));
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  started.defer(() => void endpoint.close());
  const server = spawn(executable, ['--no-logo'], { env, cwd: folder, stdio: 'ignore' });
  started.defer(() => stop(server));
  await register(server, ports, portOf(endpoint.address()));
  const url = `http://127.0.0.1:${ports.ingress}/bench/run`;
  const running = started.move();
  return {
    engine: `Restate ${version}`,
    durability,
    async run(steps) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(steps) });
      const text = await response.text();
      if (!response.ok) throw new Error(`Restate answered ${response.status}: ${text}`);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The defaults, but for where it stores, where it listens, and that it tells nobody. */
function settings(folder: string, { ingress, admin, node }: Ports): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('RESTATE_'));
  return {
    ...Object.fromEntries(own),
    RESTATE_BASE_DIR: folder,
    RESTATE_NODE_NAME: 'bench',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_ADVERTISED_HOST: '127.0.0.1',
    RESTATE_BIND_PORT: String(node),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_DISABLE_TELEMETRY: 'true',
  };
}

/** @throws when the server would not wait for the disk before it acknowledges */
function durabilityOf(env: NodeJS.ProcessEnv): string {
  const told = new Set<string>();
  let section = '';
  for (const line of execFileSync(executable, ['--dump-config'], { env, encoding: 'utf8' }).split('\n'))
    if (line.startsWith('[')) section = line;
    else told.add(`${section} ${line}`);
  const missing = DURABLE.filter((line) => !told.has(line));
  if (missing.length > 0) throw new Error(`Restate does not say of itself: ${missing.join(', ')}`);
  return DURABLE.join(', ');
}

/** Tells the server, as soon as it answers, where the steps are carried out. */
async function register(server: ChildProcess, { admin, ingress }: Ports, endpoint: number): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  const body = JSON.stringify({ uri: `http://127.0.0.1:${endpoint}` });
  const headers = { 'content-type': 'application/json' };
  let last: unknown;
  while (performance.now() < deadline && server.exitCode === null) {
    try {
      const healthy = await fetch(`http://127.0.0.1:${ingress}/restate/health`);
      const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, { method: 'POST', headers, body });
      last = await answer.text();
      if (healthy.ok && answer.ok) return;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`Restate did not get ready: ${String(last)}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

const portOf = (address: ReturnType<ReturnType<typeof createServer>['address']>): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

await runPeer(open);
