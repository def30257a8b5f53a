import type { App, Catalogue } from '../app/context.ts';

/** Settings that flags set, by key (`safety.level`), and where the data lies. */
export interface OpenOptions {
  readonly data?: string | undefined;
  readonly flags?: Readonly<Record<string, unknown>>;
}
export type OpenApp = (options: OpenOptions) => Promise<App & AsyncDisposable>;
export type OpenCatalogue = (options: OpenOptions) => Promise<Catalogue>;

/** What the command line is given by the composition root. */
export interface Host {
  readonly version: string;
  readonly openApp: OpenApp;
  readonly openCatalogue: OpenCatalogue;
  /** Makes a data directory with settings and an example; what is there stays. */
  readonly init: (options: { data?: string | undefined; language?: string | undefined }) => Promise<InitResult>;
}

export interface InitResult {
  readonly dataDirectory: string;
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly data?: string | undefined;
  readonly debug?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** A command's way to end: an exit code that is not an error (blocked, waiting, not verified). */
export class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}
