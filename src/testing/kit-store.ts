import { pathToFileURL } from 'node:url';
import type { Digest } from '../core/ids.ts';
import type { Clock, Signer, Store } from '../core/ports.ts';

/** What a store tells the kit while it works, so that the kit can strike at any moment. */
export interface KitSeams {
  /** Right before a commit. What it throws makes this commit fail: nothing of it may be stored. */
  beforeCommit(): void;
  /** The commit is durable, and nobody has been told yet. */
  afterCommit(): void;
  /** Before the bytes of a file are written. What it throws, an error with a system's `code`, is what the disk says. */
  beforeFileWrite(): void;
}

export interface KitStoreOptions {
  /** Everything that the store keeps lies in it. Empty, or as earlier processes have left it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly digest: Digest;
  /** Signs the last hash of every run that ends. */
  readonly signer: Signer;
  readonly seams: KitSeams;
}

/** How a connection of SQLite is set. */
export interface ConnectionSettings {
  readonly journalMode: string;
  /** As `pragma synchronous` reports it: 2 is FULL. */
  readonly synchronous: number;
}

/** What only stores over SQLite have. */
export interface SqliteParts {
  /** The database; its log lies beside it as `<file>-wal`. */
  readonly file: string;
  connections(): readonly ConnectionSettings[];
  /** The database grows no further than this. */
  limitPages(pages: number): void;
}

/** One process's view of a store. Closing it stores what was requested; runs held stay held until `retire`. */
export interface KitStore
  extends Pick<Store, 'log' | 'queue' | 'ledger' | 'installation' | 'routes' | 'files'>, AsyncDisposable {
  /** For a store over SQLite: the kit then holds its settings, its log and a full database against the contract too. */
  readonly sqlite?: SqliteParts;
}

export type OpenKitStore = (options: KitStoreOptions) => Promise<KitStore>;

/** What a module that is given to the kit exports. Importing it must start nothing. */
export interface KitModule {
  readonly openKitStore: OpenKitStore;
}

/** Loads the module, here as in each process that the kit starts. @throws {TypeError} when it exports no `openKitStore` */
export async function loadKitModule(module: URL | string): Promise<KitModule> {
  const { href } = module instanceof URL ? module : pathToFileURL(module);
  const loaded = (await import(href)) as Partial<KitModule>;
  const { openKitStore } = loaded;
  if (typeof openKitStore !== 'function') throw new TypeError(`${href} exports no function openKitStore.`);
  return { openKitStore };
}
