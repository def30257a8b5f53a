import { describe, expect, test } from 'vitest';
import { FolderSyncs } from './folder-syncs.ts';

/** A disk whose fsyncs end when they are told to. */
function slowDisk() {
  const running: { readonly path: string; readonly end: PromiseWithResolvers<void> }[] = [];
  const syncFolder = (path: string): Promise<void> => {
    const end = Promise.withResolvers<void>();
    running.push({ path, end });
    return end.promise;
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { running, syncs: new FolderSyncs({ syncFolder }), turn };
}

describe('the fsyncs of a folder', () => {
  test('begin at once, and whoever asks while one is under way waits for the next, together', async () => {
    const { running, syncs, turn } = slowDisk();
    const ended: string[] = [];
    const ask = (name: string) => syncs.sync('/a').then(() => ended.push(name));
    const all = [ask('first'), ask('second'), ask('third')];
    expect(running).toHaveLength(1);
    running[0]?.end.resolve();
    await turn();
    expect([ended, running.length]).toEqual([['first'], 2]);
    all.push(ask('fourth'));
    running[1]?.end.resolve();
    await turn();
    expect([ended, running.length]).toEqual([['first', 'second', 'third'], 3]);
    running[2]?.end.resolve();
    await Promise.all(all);
    expect(running).toHaveLength(3);
  });

  test('of different folders do not wait for each other', async () => {
    const { running, syncs } = slowDisk();
    const both = [syncs.sync('/a'), syncs.sync('/b')];
    expect(running.map(({ path }) => path)).toEqual(['/a', '/b']);
    for (const { end } of running) end.resolve();
    await Promise.all(both);
  });

  test('fail for those who shared them only', async () => {
    const { running, syncs, turn } = slowDisk();
    const asked = ['one', 'two', 'three'].map(() => syncs.sync('/a').then(String, String));
    running[0]?.end.resolve();
    await turn();
    running[1]?.end.reject(new Error('EIO'));
    expect(await Promise.all(asked)).toEqual(['undefined', 'Error: EIO', 'Error: EIO']);
    const after = syncs.sync('/a');
    running[2]?.end.resolve();
    await after;
    expect(running).toHaveLength(3);
  });

  test('that come after a failed one begin all the same', async () => {
    const { running, syncs, turn } = slowDisk();
    const asked = ['one', 'two'].map(() => syncs.sync('/a').then(String, String));
    running[0]?.end.reject(new Error('EIO'));
    await turn();
    running[1]?.end.resolve();
    expect(await Promise.all(asked)).toEqual(['Error: EIO', 'undefined']);
  });
});
