import type { DefinitionSource } from '../core/ports.ts';
import type { Clock, FileStore, Ids, Observer, RunLog, WorkerInfo, WorkQueue } from '../core/ports.ts';
import type { Digest } from '../core/ids.ts';
import type { Provider, Stage } from '../core/stage.ts';
import type { SafetyPolicy } from './safety/policy.ts';

/** Everything the engine works with. It names no concrete class: the composition root puts them in. */
export interface Engine {
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly files: FileStore;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly ids: Ids;
  readonly definitions: Pick<DefinitionSource, 'restore'>;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly providers: ProviderRegistry;
  readonly policy: SafetyPolicy;
  readonly worker: WorkerInfo;
  /** Told what is going on, for people who watch; never what is stored. */
  readonly observe?: Observer;
}

/** Providers by id, opened on first use and closed once. */
export interface ProviderRegistry extends AsyncDisposable {
  readonly all: ReadonlyMap<string, Provider>;
  /** @returns undefined when no provider has that id */
  opened(id: string): Promise<Provider | undefined>;
}

export function createProviderRegistry(providers: Iterable<Provider>): ProviderRegistry {
  const all = new Map([...providers].map((provider) => [provider.id, provider]));
  const opening = new Map<string, Promise<void>>();
  return {
    all,
    async opened(id) {
      const provider = all.get(id);
      if (provider === undefined) return undefined;
      const open = opening.get(id) ?? Promise.resolve(provider.open?.());
      opening.set(id, open);
      try {
        await open;
      } catch (cause) {
        opening.delete(id);
        throw cause;
      }
      return provider;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...opening.keys()].map(async (id) => all.get(id)?.close?.()));
      opening.clear();
    },
  };
}
