import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertNotLost } from './lost-database.ts';

function openFolder(): Disposable & { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-lost-'));
  return {
    folder,
    file: join(folder, 'stemma.db'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

describe('a database that is missing or empty', () => {
  it('may begin where there are no runs', () => {
    using place = openFolder();
    expect(() => assertNotLost(place.file)).not.toThrow();
    mkdirSync(join(place.folder, 'runs'));
    expect(() => assertNotLost(place.file)).not.toThrow();
  });

  it('is refused beside runs', () => {
    using place = openFolder();
    mkdirSync(join(place.folder, 'runs', '2026'), { recursive: true });
    expect(() => assertNotLost(place.file)).toThrow(/missing or empty/);
    writeFileSync(place.file, '');
    expect(() => assertNotLost(place.file)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
    writeFileSync(place.file, 'something');
    expect(() => assertNotLost(place.file)).not.toThrow();
  });
});
