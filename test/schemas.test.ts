import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemaFiles } from '../scripts/schemas.ts';
import { eventDataSchemas } from '../src/core/events.ts';
import { STATE_MACHINES } from '../src/core/states.ts';

const FOLDER = new URL('../schemas/', import.meta.url);
const files = schemaFiles();
const published = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`${name}.v1.json`, FOLDER), 'utf8')) as Record<string, unknown>;

describe('the published schemas', () => {
  it.each([...files])('%s is what the code says', (file, text) => {
    expect(readFileSync(new URL(file, FOLDER), 'utf8')).toBe(text);
  });

  it('are all made from code', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...files.keys()].sort());
    expect(files.size).toBeGreaterThan(10);
  });

  it('have an id and a title of their own', () => {
    const heads = Array.from(files.values(), (text) => JSON.parse(text) as { $id: string; title: string });
    expect(new Set(heads.map((head) => head.$id)).size).toBe(files.size);
    expect(new Set(heads.map((head) => head.title)).size).toBe(files.size);
  });

  it('carry the moves of the state machines', () => {
    expect(published('run_state')['x-transitions']).toEqual(STATE_MACHINES.run);
    expect(published('step_attempt')['x-transitions']).toEqual(STATE_MACHINES.attempt);
    expect(published('worker_lifecycle')['x-transitions']).toEqual(STATE_MACHINES.liveness);
  });

  it('know every type of event', () => {
    expect(published('run_event')['anyOf']).toHaveLength(Object.keys(eventDataSchemas).length);
  });
});
