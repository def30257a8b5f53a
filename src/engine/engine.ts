import { StemmaError } from '../core/errors.ts';
import type { DefinitionSource } from '../core/ports.ts';
import type {
  Clock,
  FileStore,
  Ids,
  InstallationLog,
  Ledger,
  Messages,
  Observer,
  RouteStatistics,
  RunLog,
  WorkerInfo,
  WorkQueue,
} from '../core/ports.ts';
import type { Digest } from '../core/ids.ts';
import type { AnyStage, Provider, Stage } from '../core/stage.ts';
import type { PriceTable } from '../core/prices.ts';
import type { Breakers } from './breakers.ts';
import type { Limits } from '../core/limits.ts';
import type { SafetyPolicy } from './safety/policy.ts';

/** Everything the engine works with. It names no concrete class: the composition root puts them in. */
export interface Engine {
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly installation: InstallationLog;
  readonly routes: RouteStatistics;
  readonly files: FileStore;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly ids: Ids;
  readonly definitions: Pick<DefinitionSource, 'restore'>;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly providers: ProviderRegistry;
  readonly policy: SafetyPolicy;
  readonly limits: Limits;
  readonly prices: PriceTable;
  /** Of this process. */
  readonly breakers: Breakers;
  /** Questions to people are asked with them. */
  readonly messages: Pick<Messages, 'text'>;
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

/** Stages by type. @throws {StemmaError} EXTENSION_INVALID when two have the same type */
export const createStageRegistry = (stages: Iterable<AnyStage>): ReadonlyMap<string, Stage> =>
  distinct('stage', stages, ({ type }) => type);

/** @throws {StemmaError} EXTENSION_INVALID when two providers have the same id */
export function createProviderRegistry(providers: Iterable<Provider>): ProviderRegistry {
  const all = distinct('provider', providers, ({ id }) => id);
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

function distinct<T>(what: string, items: Iterable<T>, nameOf: (item: T) => string): ReadonlyMap<string, T> {
  const all = new Map<string, T>();
  for (const item of items) {
    const name = nameOf(item);
    if (all.has(name))
      throw new StemmaError('EXTENSION_INVALID', `Two extensions bring a ${what} "${name}".`, {
        facts: { [what]: name },
        hint: 'Give yours another name; a prefix such as school. keeps it apart.',
      });
    all.set(name, item);
  }
  return all;
}
