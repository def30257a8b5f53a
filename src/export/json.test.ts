import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, recordOf } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { Instant, RunId } from '../core/ids.ts';
import { runExportSchema } from '../core/shapes.ts';
import { toJsonExport } from './json.ts';
import type { ExportSource } from './json.ts';

const AT = Date.parse('2026-03-02T09:00:00.000Z') as Instant;

const sourceOf = async (app: TestApp, runId: RunId): Promise<ExportSource> => ({
  ...(await recordOf(app, runId)),
  exportedAt: AT,
  stemmaVersion: '1.2.3',
});

describe('a run as JSON', () => {
  it('can be read back and says when and by what it was written', async () => {
    await using app = await openTestApp();
    const source = await sourceOf(app, await carryOut(app));
    const document = toJsonExport(source);
    expect(document).toMatchObject({
      format: 'stemma.run/1',
      exportedAt: '2026-03-02T09:00:00.000Z',
      stemmaVersion: '1.2.3',
      complete: true,
      signature: source.head.signature,
    });
    expect(runExportSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it('has every event, every definition and every text', async () => {
    await using app = await openTestApp();
    const source = await sourceOf(app, await carryOut(app));
    const document = toJsonExport(source);
    expect(document.events.map(({ seq }) => seq)).toEqual(source.events.map(({ seq }) => seq));
    expect(document.definitions).toEqual(source.definitions.files);
    expect(document.texts).toEqual(Object.fromEntries(source.texts));
    expect(Object.keys(document.texts)).toHaveLength(source.texts.size);
  });

  it('has every verdict, with the artifact of its evidence', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, { ...QUICK, text: 'Sieg Heil' });
    const source = await sourceOf(app, runId);
    const document = toJsonExport(source);
    const block = document.verdicts.find(({ decision }) => decision === 'block');
    expect(document.verdicts).toHaveLength(source.events.filter(({ type }) => type === 'safety.verdict').length);
    expect(block).toMatchObject({ check: 'unconstitutional-symbols', evidence: expect.stringContaining(runId) });
    expect(document.texts).toHaveProperty([block?.evidence ?? '']);
  });

  it('is not complete while the run has not ended', async () => {
    await using app = await openTestApp();
    const source = await sourceOf(app, await carryOut(app));
    const { signature: _signature, ...head } = source.head;
    const document = toJsonExport({ ...source, head: { ...head, state: 'paused' } });
    expect([document.complete, document.signature]).toEqual([false, null]);
  });
});
