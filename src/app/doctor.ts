import { toStemmaError } from '../core/errors.ts';
import type { App } from './context.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at everything a run needs, and says for each thing whether it is well. Nothing is changed. */
export async function examine(app: App): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const look = async (check: string, examineIt: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ check, ok: true, detail: await examineIt() });
    } catch (thrown) {
      findings.push({ check, ok: false, detail: toStemmaError(thrown).message });
    }
  };
  await look('data directory', async () => app.dataDirectory);
  await look('database', async () => {
    const { integrity, schemaVersion, runs, events, sizeBytes } = await app.store.health();
    if (integrity !== 'ok') throw new Error(integrity);
    return `schema ${schemaVersion}, ${runs} runs, ${events} events, ${Math.ceil(sizeBytes / 1024)} kB`;
  });
  await look('definitions', async () => {
    const { definitions, problems } = await app.definitions.load();
    if (problems.length > 0) throw new Error(`${problems.length} problems; run \`stemma configs validate\``);
    return `${definitions.configs.size} configs, ${definitions.pipelines.size} pipelines`;
  });
  for (const provider of app.engine.providers.all.values())
    await look(`provider ${provider.id}`, async () => {
      const { reachable, models, latencyMs } = await provider.check(AbortSignal.timeout(5000));
      if (!reachable) throw new Error('does not answer');
      return `${models.join(', ')} (${latencyMs} ms)`;
    });
  await look('workers', async () => {
    const workers = await app.store.queue.workers();
    return `${workers.filter(({ stopped }) => !stopped).length} registered`;
  });
  return findings;
}

/** Makes the read models anew from the events. */
export const rebuild = (app: App): Promise<{ events: number }> => app.store.queries.rebuild();
