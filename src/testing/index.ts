/**
 * For people who write a store: a kit that kills processes, cuts the power and fills the disk, and says what is not
 * as the engine's guarantees want it. `docs/guides/conformance.md` shows how to use it.
 */
export { openCrashKit } from './crash-kit.ts';
export type { CrashKit, CrashKitOptions } from './crash-kit.ts';
export { filesOutlivePowerCuts } from './durability/files.ts';
export type { FilesUnderPowerCut } from './durability/files.ts';
export type { KitResult, OnProgress } from './kit-result.ts';
export type {
  ConnectionSettings,
  KitModule,
  KitSeams,
  KitStore,
  KitStoreOptions,
  OpenKitStore,
  SqliteParts,
} from './kit-store.ts';
