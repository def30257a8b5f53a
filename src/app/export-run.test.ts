import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import { runExportSchema } from '../core/shapes.ts';
import { exportRun } from './export-run.ts';
import { startRun } from './start-run.ts';

describe('a run that is exported', () => {
  it('is one document of the published shape, with the texts of its record', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const text = await exportRun(app, { runId: runId.replaceAll('-', ''), format: 'json' });
    const document = runExportSchema.parse(JSON.parse(text));
    expect(text.endsWith('}\n')).toBe(true);
    expect(document).toMatchObject({ complete: true, run: { runId, state: 'succeeded' }, stemmaVersion: app.version });
    expect(document.texts[`${runId}/01_input.txt`]).toBe(QUICK.text);
    expect(document.signature?.keyId).toBe(app.signer.keyId);
  });

  it('says that it is not complete before it has ended', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const document: unknown = JSON.parse(await exportRun(app, { runId, format: 'json' }));
    expect(document).toMatchObject({ complete: false, signature: null, run: { state: 'pending' } });
  });

  it('is not changed by it', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const before = await app.store.log.head(runId);
    await exportRun(app, { runId, format: 'json' });
    expect(await app.store.log.head(runId)).toEqual(before);
  });

  it.each(['pdf', '', 'toString', '__proto__'])('has no format "%s", and the known are named', async (format) => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await expect(exportRun(app, { runId, format })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: 'Known: json.',
    });
  });

  it('is not found when there is none, or when it goes meanwhile', async () => {
    await using app = await openTestApp();
    const missing = exportRun(app, { runId: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10', format: 'json' });
    await expect(missing).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const { runId } = await startRun(app, QUICK);
    const log = withMethods(app.store.log, { head: async () => undefined });
    const gone = exportRun({ ...app, store: { ...app.store, log } }, { runId, format: 'json' });
    await expect(gone).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
