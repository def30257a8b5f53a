import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/core/canonical.ts';
import { chronicleSchema, runExportSchema } from '../../src/core/shapes.ts';
import { openWorkplace } from '../support/cli.ts';

describe('stemma runs export --format json', () => {
  it('writes a document of the published shape, from which the chain can be recomputed', async () => {
    using place = openWorkplace();
    const { runId } = await place.json<{ runId: string }>([
      'run',
      'stille-post',
      'Die Möwe erzählt vom Sturm',
      '--label',
      'class=7b',
    ]);
    const file = join(place.folder, 'run.json');
    expect((await place.run(['runs', 'export', runId, '--format', 'json', '--out', file])).code).toBe(0);
    const document = runExportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect([document.complete, document.run.state, document.run.labels]).toEqual([true, 'succeeded', { class: '7b' }]);
    expect(Object.values(document.texts)).toContain('Die Möwe erzählt vom Sturm');
    let previous: Buffer = Buffer.alloc(32);
    for (const { position: _position, hash, ...body } of document.events as unknown as {
      position: number;
      hash: string;
    }[]) {
      previous = createHash('sha256').update(previous).update(canonicalJson(body)).digest();
      expect(previous.toString('hex')).toBe(hash);
    }
  });

  it('shows the same run as runs show', async () => {
    using place = openWorkplace();
    const { runId } = await place.json<{ runId: string }>(['run', 'dada', 'A cat on the roof', '--output', 'text']);
    const { exit: _exit, ...shown } = await place.json(['runs', 'show', runId]);
    const chronicle = chronicleSchema.parse(shown);
    const exported = JSON.parse(
      (await place.run(['runs', 'export', runId, '--format', 'json'])).stdout,
    ) as typeof chronicle;
    expect(exported.items).toEqual(chronicle.items);
    expect(exported.steps).toEqual(chronicle.steps);
  });
});

describe('stemma runs list', () => {
  it('filters, pages and finds words, and is the same after doctor --rebuild', async () => {
    using place = openWorkplace();
    for (const text of ['A cat on the roof', 'The lighthouse in the storm', 'A dog in the garden'])
      await place.run(['run', 'bauhaus', text, '--output', 'text', '--label', `word=${text.split(' ')[1]}`]);
    interface Page {
      readonly items: readonly { readonly runId: string; readonly labels: Record<string, string> }[];
      readonly nextCursor: string | null;
    }
    const all = await place.json<Page>(['runs', 'list']);
    expect(all.items.map(({ labels }) => labels['word'])).toEqual(['dog', 'lighthouse', 'cat']);
    const first = await place.json<Page>(['runs', 'list', '--limit', '2']);
    const rest = await place.json<Page>(['runs', 'list', '--limit', '2', '--cursor', first.nextCursor ?? '']);
    expect([...first.items, ...rest.items]).toEqual(all.items);
    expect((await place.json<Page>(['runs', 'list', '--search', 'lighthouse'])).items).toHaveLength(1);
    expect((await place.json<Page>(['runs', 'list', '--label', 'word=cat'])).items).toHaveLength(1);
    expect((await place.json<Page>(['runs', 'list', '--state', 'failed'])).items).toHaveLength(0);
    expect((await place.run(['doctor', '--rebuild'])).code).toBe(0);
    expect(await place.json<Page>(['runs', 'list'])).toEqual(all);
    expect((await place.json<{ ok: boolean }>(['doctor'])).ok).toBe(true);
  });
});
