import type { Extension } from '../../core/stage.ts';
import { STAGE_LIBRARY } from '../../stages/library.ts';

/** The studio: prompt interception in four stages, for arts and media education. */
export const studio: Extension = {
  id: 'studio',
  version: '1',
  stages: STAGE_LIBRARY,
  definitions: new URL('./definitions/', import.meta.url),
  messages: new URL('./messages/', import.meta.url),
  policies: new URL('./safety/', import.meta.url),
};
