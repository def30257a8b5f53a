import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, withMethods } from '../../test/support/app.ts';
import { recordingProvider } from '../../test/support/test-stages.ts';
import { StemmaError } from '../core/errors.ts';
import type { App } from './context.ts';
import { examine, examineWithoutStore } from './doctor.ts';

const findingOf = async (app: App, check: string) => (await examine(app)).find((finding) => finding.check === check);

const withStore = (app: App, own: Partial<App['store']>): App => ({ ...app, store: { ...app.store, ...own } });

describe('the doctor', () => {
  it('finds everything well in a healthy installation', async () => {
    await using app = await openTestApp();
    await carryOut(app);
    const findings = await examine(app);
    expect(findings.map(({ check, ok }) => [check, ok])).toEqual([
      ['data directory', true],
      ['database', true],
      ['disk', true],
      ['newest runs', true],
      ['deleted runs', true],
      ['definitions', true],
      ['provider offline', true],
      ['workers', true],
    ]);
    const { schemaVersion, events } = await app.store.health();
    const details = findings.map(({ detail }) => detail);
    expect(details[0]).toBe(app.dataDirectory);
    expect(details[1]).toMatch(new RegExp(`^schema ${schemaVersion}, 1 runs, ${events} events, \\d+ kB$`));
    expect(details[2]).toMatch(/^\d+ MB free$/);
    expect(details.slice(3)).toEqual([
      '1 intact',
      'none',
      '5 configs, 3 pipelines',
      'procedure, language-detection, composition (0 ms)',
      '0 registered',
    ]);
  });

  it('says when the disk is nearly full', async () => {
    await using app = await openTestApp();
    const full = withStore(app, { health: async () => ({ ...(await app.store.health()), freeBytes: 3 * 2 ** 20 }) });
    expect(await findingOf(full, 'disk')).toMatchObject({ ok: false, detail: expect.stringContaining('3 MB free') });
  });

  it('names a run whose record is no longer what it was', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    await app.store.files.delete(runId);
    expect(await findingOf(app, 'newest runs')).toMatchObject({
      ok: false,
      detail: expect.stringContaining(`stemma runs verify ${runId}`),
    });
  });

  it('has findings for a store that does not open', async () => {
    await using app = await openTestApp();
    const fault = new StemmaError('STORE_CORRUPT', 'It is damaged.', { hint: 'Restore it.' });
    expect(await examineWithoutStore(app, fault)).toEqual([
      { check: 'data directory', ok: true, detail: app.dataDirectory },
      { check: 'database', ok: false, detail: 'It is damaged. Restore it.' },
      { check: 'definitions', ok: true, detail: '5 configs, 3 pipelines' },
    ]);
  });

  it('counts the workers that have not stopped', async () => {
    await using app = await openTestApp();
    await app.store.queue.register(app.engine.worker);
    expect((await findingOf(app, 'workers'))?.detail).toBe('1 registered');
    await app.store.queue.retire(app.engine.worker.id);
    expect((await findingOf(app, 'workers'))?.detail).toBe('0 registered');
  });

  it('repeats what SQLite says about a damaged database', async () => {
    await using app = await openTestApp();
    const integrity = 'row 3 missing from index run_list_newest';
    const damaged = withStore(app, { health: async () => ({ ...(await app.store.health()), integrity }) });
    expect(await findingOf(damaged, 'database')).toEqual({ check: 'database', ok: false, detail: integrity });
  });

  it('says how many definitions have problems, and what shows them', async () => {
    await using app = await openTestApp({ definitions: { 'configs/broken.yaml': 'name: Broken\npipeline: none\n' } });
    expect(await findingOf(app, 'definitions')).toEqual({
      check: 'definitions',
      ok: false,
      detail: '1 problems; run `stemma configs validate`',
    });
  });

  it('says which provider does not answer, and goes on with the next', async () => {
    const silent = { ...recordingProvider(), check: async () => ({ reachable: false, models: [], latencyMs: 0 }) };
    const throwing = { ...silent, id: 'throwing', check: () => Promise.reject(new Error('no such host')) };
    await using app = await openTestApp({ providers: [silent, throwing] });
    const findings = (await examine(app)).filter(({ check }) => check.startsWith('provider'));
    expect(findings).toMatchObject([
      { check: 'provider offline', ok: true },
      { check: 'provider recorder', ok: false, detail: 'does not answer' },
      { check: 'provider throwing', ok: false, detail: 'no such host' },
    ]);
  });

  it('says when the workers cannot be read', async () => {
    await using app = await openTestApp();
    const busy = new StemmaError('STORE_BUSY', 'The database is busy.');
    const queue = withMethods(app.store.queue, { workers: () => Promise.reject(busy) });
    expect(await findingOf(withStore(app, { queue }), 'workers')).toMatchObject({ ok: false, detail: busy.message });
  });
});
