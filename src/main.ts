/** The composition root: names the concrete classes, and loads each only when a command needs it. */
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { App } from './app/context.ts';
import type { Limits } from './core/limits.ts';
import type { Store } from './core/ports.ts';
import type { Extension } from './core/stage.ts';
import type { BreakersParts } from './engine/breakers.ts';
import type { Engine } from './engine/engine.ts';
import type { Settings } from './store/settings/settings-schema.ts';
import { runCli } from './cli/cli.ts';
import type { Host, OpenApp, OpenCatalogue, OpenOptions } from './cli/host.ts';

const PACKAGE = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
const VERSION = PACKAGE.version;
const DATABASE = 'stemma.db';

/** What can be said without a store: definitions, stages, texts, settings. Makes no folder. */
const openCatalogue: OpenCatalogue = async (options) => {
  const { dataDirectory, app } = await openSettings(options);
  return { version: VERSION, dataDirectory, settings: app, ...(await openPack(dataDirectory)) };
};

const openApp: OpenApp = async (options) => {
  const settings = await openSettings(options);
  const { prepareDataDirectory } = await import('./store/settings/directories.ts');
  await prepareDataDirectory(settings.dataDirectory);
  const system = await import('./store/system/system.ts');
  const [store, policy, pack] = await Promise.all([
    openStore(settings),
    openPolicy(),
    openPack(settings.dataDirectory),
  ]);
  const { createProviderRegistry, createStageRegistry } = await import('./engine/engine.ts');
  const providers = createProviderRegistry((await extensions()).flatMap((extension) => extension.providers ?? []));
  const { systemClock: clock, nodeDigest: digest, systemIds: ids } = system;
  const { slots } = settings.app;
  const worker = { id: ids.workerId(), host: hostname(), pid: process.pid, version: VERSION, slots };
  const stages = createStageRegistry(pack.stages);
  const { log, queue, ledger, installation, routes, files } = store.store;
  const stores = { log, queue, ledger, installation, routes, files };
  const spending = await openSpending(settings, { clock, worker: worker.id, installation });
  const parts = { definitions: pack.definitions, messages: pack.messages, stages, providers, policy, ...spending };
  const engine = { ...stores, clock, digest, ids, ...parts, worker };
  const traces = await openTraces(engine, settings.telemetry);
  const app: App = {
    version: VERSION,
    dataDirectory: settings.dataDirectory,
    store: store.store,
    engine,
    ...(traces === undefined ? {} : { traces }),
    ...pack,
    signer: store.signer,
    settings: settings.app,
    clock,
    ids,
    digest,
    pictures,
  };
  const close = async (): Promise<void> => {
    await providers[Symbol.asyncDispose]();
    await traces?.[Symbol.asyncDispose]();
    await store.store[Symbol.asyncDispose]();
  };
  return Object.assign(app, { [Symbol.asyncDispose]: close });
};

/** Decoding pictures takes a large library; it is loaded when the first one is looked at. */
const pictures: App['pictures'] = {
  differenceHash: async (bytes) => (await import('./providers/media/difference-hash.ts')).differenceHash(bytes),
};

/** What calls may cost and use, and whom this process leaves alone. */
async function openSpending(
  { dataDirectory, userDirectory, limits }: OpenedSettings,
  parts: BreakersParts,
): Promise<Pick<App['engine'], 'limits' | 'prices' | 'breakers'>> {
  const [{ loadPrices }, { Breakers }] = await Promise.all([
    import('./store/prices/load-prices.ts'),
    import('./engine/breakers.ts'),
  ]);
  return { limits, prices: await loadPrices([userDirectory, dataDirectory]), breakers: new Breakers(parts) };
}

interface OpenedSettings {
  readonly dataDirectory: string;
  readonly userDirectory: string;
  readonly search: 'on' | 'off';
  readonly maxArtifactBytes: number;
  readonly limits: Limits;
  /** Undefined when no collector is configured. */
  readonly telemetry: { readonly endpoint: string | undefined; readonly content: boolean } | undefined;
  readonly app: App['settings'];
}

async function openSettings({ data, flags }: OpenOptions): Promise<OpenedSettings> {
  const { resolveDataDirectory, resolveUserDirectory } = await import('./store/settings/directories.ts');
  const { loadSettings } = await import('./store/settings/load-settings.ts');
  const { primaryLanguage } = await import('./store/settings/primary-language.ts');
  const { limitsOf } = await import('./store/settings/limits.ts');
  const env = process.env;
  const dataDirectory = resolveDataDirectory({ flag: data, env, cwd: process.cwd(), home: homedir() });
  const userDirectory = resolveUserDirectory({ env, home: homedir() });
  const { settings } = await loadSettings({ dataDirectory, userDirectory, env, flags: flags ?? {} });
  const app = {
    level: settings.safety.level,
    profile: settings.profile,
    language: primaryLanguage(settings, env),
    languages: settings.language.supported,
    inputBytes: settings.limits.inputBytes,
    slots: settings.workers.slots,
  };
  return {
    dataDirectory,
    userDirectory,
    search: settings.privacy.search,
    maxArtifactBytes: settings.limits.artifactBytes,
    limits: limitsOf(settings),
    telemetry: telemetryOf(settings),
    app,
  };
}

/** What the settings do not name, the variables of OpenTelemetry may; then the exporter reads them itself. */
function telemetryOf({ telemetry }: Settings): OpenedSettings['telemetry'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = process.env;
  const content = telemetry.content === 'on';
  const { endpoint } = telemetry.otlp;
  if (endpoint !== 'none') return { endpoint, content };
  return (all ?? '') === '' && (own ?? '') === '' ? undefined : { endpoint: undefined, content };
}

async function openTraces(engine: Engine, telemetry: OpenedSettings['telemetry']): Promise<App['traces']> {
  if (telemetry === undefined) return undefined;
  const { openOtlpTraces } = await import('./engine/telemetry/otlp-traces.ts');
  const warn = (line: string): void => void process.stderr.write(`stemma: ${line}\n`);
  return openOtlpTraces(engine, { ...telemetry, warn });
}

async function openStore(at: OpenedSettings): Promise<{ store: Store; signer: App['signer'] }> {
  const [{ openSqliteLogAndQueue }, { SqliteRunQueries }, { FsFileStore }, { openSigner }, system] = await Promise.all([
    import('./store/sqlite/open.ts'),
    import('./store/sqlite/run-queries.ts'),
    import('./store/files/fs/fs-file-store.ts'),
    import('./store/system/signing-key.ts'),
    import('./store/system/system.ts'),
  ]);
  const { systemClock: clock, nodeDigest: digest } = system;
  const file = join(at.dataDirectory, DATABASE);
  (await import('./store/sqlite/lost-database.ts')).assertNotLost(file);
  const signer = openSigner(at.userDirectory);
  const files = new FsFileStore(at.dataDirectory, { maxArtifactBytes: at.maxArtifactBytes });
  const opened = await openSqliteLogAndQueue({ file, clock, digest, signer });
  const queries = new SqliteRunQueries({ file, clock, files, search: at.search, zone: at.limits.timeZone });
  const close = async (): Promise<void> => {
    await queries[Symbol.asyncDispose]();
    await opened.close();
  };
  const { log, queue, ledger, installation, routes } = opened;
  const stores = { log, queue, ledger, installation, routes, queries, files };
  return { signer, store: { ...stores, health: () => opened.health(), [Symbol.asyncDispose]: close } };
}

/** Everything that comes with Stemma, in one shape; what people add will stand in this list too. */
async function extensions(): Promise<readonly Extension[]> {
  const [{ studio }, { offline }] = await Promise.all([
    import('./packs/studio/extension.ts'),
    import('./providers/offline/extension.ts'),
  ]);
  return [studio, offline];
}

const present = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

async function openPolicy(): Promise<App['engine']['policy']> {
  const [loaded, { loadPolicyFiles }, { compilePolicy }] = await Promise.all([
    extensions(),
    import('./store/policies/load-policies.ts'),
    import('./engine/safety/policy.ts'),
  ]);
  const files = await loadPolicyFiles(present(loaded.map(({ policies }) => policies)));
  return compilePolicy(files.map(({ data }) => data));
}

async function openPack(
  dataDirectory: string,
): Promise<Pick<App, 'stages' | 'catalogue' | 'definitions' | 'messages'>> {
  const [loaded, { createDefinitionSource }, { loadMessages }, { stageCatalogue }, { nodeDigest }] = await Promise.all([
    extensions(),
    import('./store/definitions/definition-source.ts'),
    import('./store/messages/load-messages.ts'),
    import('./core/lint.ts'),
    import('./store/system/system.ts'),
  ]);
  const stages = loaded.flatMap((extension) => extension.stages ?? []);
  const shipped = present(loaded.map(({ definitions }) => definitions));
  const sources = [
    ...shipped.map((folder) => ({ folder, origin: 'shipped' as const })),
    { folder: join(dataDirectory, 'definitions'), origin: 'admin' as const },
  ];
  const definitions = createDefinitionSource({ sources, stages, digest: nodeDigest });
  const messages = await loadMessages(present(loaded.map((extension) => extension.messages)));
  return { stages, catalogue: stageCatalogue(stages), definitions, messages };
}

/** Like `git init`: here, unless a flag or the environment names another place. */
const init: Host['init'] = async ({ data, language }) => {
  const { initDirectory } = await import('./store/settings/init-directory.ts');
  const chosen = data ?? process.env['STEMMA_DATA'];
  return initDirectory(resolve(chosen ?? '.stemma'), { language });
};

const exitCode = await runCli(process.argv.slice(2), { openApp, openCatalogue, init, version: VERSION });
if (exitCode !== 0) process.exitCode = exitCode;
