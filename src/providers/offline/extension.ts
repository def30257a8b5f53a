import type { Extension } from '../../core/stage.ts';
import { createOfflineProvider } from './provider.ts';

/** Procedures and compositions that need no model, key or network. */
export const offline: Extension = { id: 'offline', version: '1', providers: [createOfflineProvider()] };
