/** The machine's own time, chance and digest. */
export { systemClock } from './clock.ts';
export { nodeDigest } from './digest.ts';
export { systemIds } from './ids.ts';
