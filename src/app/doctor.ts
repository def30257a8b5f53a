import { StemmaError, toStemmaError } from '../core/errors.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { App, Catalogue } from './context.ts';
import { isUnnamedFile, verifyRun } from './verify-run.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A picture and its texts take less than this; below it a run may not come to its end. */
const LEAST_FREE_BYTES = 50 * 2 ** 20;
const NEWEST_RUNS = 5;

/** Looks at everything a run needs, and says for each thing whether it is well. Nothing is changed. */
export async function examine(app: App): Promise<readonly Finding[]> {
  const providers = [...app.engine.providers.all.values()].map((provider) =>
    look(`provider ${provider.id}`, async () => {
      const { reachable, models, latencyMs } = await provider.check(AbortSignal.timeout(5000));
      if (!reachable) throw new Error('does not answer');
      return `${models.join(', ')} (${latencyMs} ms)`;
    }),
  );
  return Promise.all([
    look('data directory', async () => app.dataDirectory),
    look('database', () => databaseOf(app)),
    look('disk', () => diskOf(app)),
    look('newest runs', () => newestRunsOf(app)),
    look('deleted runs', () => deletedRunsOf(app)),
    look('definitions', () => definitionsOf(app)),
    ...providers,
    look('workers', async () => {
      const workers = await app.store.queue.workers();
      return `${workers.filter(({ stopped }) => !stopped).length} registered`;
    }),
  ]);
}

/** What can be said when the store does not open: why, and what else is well or not. */
export async function examineWithoutStore(catalogue: Catalogue, fault: unknown): Promise<readonly Finding[]> {
  return [
    { check: 'data directory', ok: true, detail: catalogue.dataDirectory },
    await look('database', () => Promise.reject(fault)),
    await look('definitions', () => definitionsOf(catalogue)),
  ];
}

async function look(check: string, examineIt: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, detail: await examineIt() };
  } catch (thrown) {
    const { message, hint } = toStemmaError(thrown);
    const next = thrown instanceof StemmaError && hint !== undefined ? ` ${hint}` : '';
    return { check, ok: false, detail: `${message}${next}` };
  }
}

async function databaseOf(app: App): Promise<string> {
  const { integrity, schemaVersion, runs, events, sizeBytes } = await app.store.health();
  if (integrity !== 'ok') throw new Error(integrity);
  return `schema ${schemaVersion}, ${runs} runs, ${events} events, ${Math.ceil(sizeBytes / 1024)} kB`;
}

async function diskOf(app: App): Promise<string> {
  const { freeBytes } = await app.store.health();
  const detail = `${Math.floor(freeBytes / 2 ** 20)} MB free`;
  if (freeBytes < LEAST_FREE_BYTES) throw new Error(`${detail}; make space on the disk of the data directory`);
  return detail;
}

/** Recomputes the records of the newest runs that have ended. */
async function newestRunsOf(app: App): Promise<string> {
  const { items } = await app.store.queries.list({ limit: NEWEST_RUNS });
  const ended = items.filter(({ state }) => isTerminal(RUN_MOVES, state));
  for (const { runId } of ended) {
    const problem = (await verifyRun(app, runId)).problems.find((one) => !isUnnamedFile(one));
    if (problem !== undefined)
      throw new Error(`${runId}: ${problem.what} ${problem.problem}; run \`stemma runs verify ${runId}\``);
  }
  return `${ended.length} intact`;
}

/** Whether a deletion was cut short between the record and the folder. */
async function deletedRunsOf({ store }: App): Promise<string> {
  let count = 0;
  for await (const event of store.installation.read()) {
    if (event.type !== 'content.deleted') continue;
    count += 1;
    const { runId } = event.data;
    const files = await store.files.inventory(runId);
    if (files.length > 0)
      throw new Error(`files of ${runId} still lie there; run \`stemma runs delete ${runId} --yes\` again`);
  }
  return count === 0 ? 'none' : `${count} without leftovers`;
}

async function definitionsOf({ definitions: source }: Pick<Catalogue, 'definitions'>): Promise<string> {
  const { definitions, problems } = await source.load();
  if (problems.length > 0) throw new Error(`${problems.length} problems; run \`stemma configs validate\``);
  return `${definitions.configs.size} configs, ${definitions.pipelines.size} pipelines`;
}

/** Makes the read models anew from the events. */
export const rebuild = (app: App): Promise<{ events: number }> => app.store.queries.rebuild();
