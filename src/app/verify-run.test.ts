import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut, filesBelow, openTestApp, QUICK, tamper, withMethods } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import { afterwards, forge, rechain, signAnew } from '../../test/support/forged-run.ts';
import { eventHash, GENESIS } from '../core/events.ts';
import { toHex } from '../core/ids.ts';
import type { RunId, Sha256 } from '../core/ids.ts';
import type { DefinitionSet, RunHead, RunLog } from '../core/ports.ts';
import type { App } from './context.ts';
import { startRun } from './start-run.ts';
import { verifyRun } from './verify-run.ts';

const NOT_RECORDED = 'is not what was recorded: its SHA-256 differs';

const withLog = (app: App, own: Partial<RunLog>): App => ({
  ...app,
  store: { ...app.store, log: withMethods(app.store.log, own) },
});

const withHead = (app: App, change: (head: RunHead) => RunHead): App =>
  withLog(app, {
    async head(runId) {
      const head = await app.store.log.head(runId);
      return head === undefined ? undefined : change(head);
    },
  });

const append = (path: string): void => writeFileSync(path, `${readFileSync(path, 'utf8')}.`);

describe('a run that nobody touched', () => {
  it('is ok, and what was looked at is counted', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const events = await app.store.log.head(runId);
    const rows = await app.store.log.artifacts(runId);
    const found = await verifyRun(app, runId.replaceAll('-', ''));
    const counted = { events: events?.seq, artifacts: rows.length };
    expect(found).toEqual({ ok: true, content: 'present', ...counted, problems: [] });
  });

  it('stays ok when the summary beside the record is changed', async () => {
    expect(await afterwards(({ folder }) => append(join(folder, 'metadata.json')))).toEqual([]);
  });

  it('is not found when there is none', async () => {
    await using app = await openTestApp();
    const id = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
    await expect(verifyRun(app, id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('is told to be incomplete before it has ended', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const { ok, problems } = await verifyRun(app, runId);
    expect(ok).toBe(false);
    expect(problems).toEqual([{ what: 'run', problem: 'has not ended (pending); its record is not complete' }]);
  });
});

describe('an artifact', () => {
  it('that was altered is named, whichever it is', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const folder = app.store.files.folder(runId) ?? '';
    const names = filesBelow(folder).filter((name) => name !== 'metadata.json' && !name.startsWith('definitions'));
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) {
      const before = readFileSync(join(folder, name));
      append(join(folder, name));
      expect((await verifyRun(app, runId)).problems).toEqual([{ what: `${runId}/${name}`, problem: NOT_RECORDED }]);
      writeFileSync(join(folder, name), before);
    }
  });

  it('that is gone is named', async () => {
    const found = await afterwards(({ folder }) => rmSync(join(folder, '01_input.txt')));
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: 'is missing' }]);
  });

  it('whose row was changed with it is held against the commitment of its event', async () => {
    const found = await afterwards(({ app, folder, runId }) => {
      writeFileSync(join(folder, '01_input.txt'), 'Another text');
      const sha256 = toHex(app.digest.sha256('Another text'));
      tamper(app, 'update artifacts set sha256 = ? where id = ?', sha256, `${runId}/01_input.txt`);
    });
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: 'is not what its event committed to' }]);
  });

  it('whose salt was changed is not what its event committed to', async () => {
    const found = await afterwards(({ app, runId }) =>
      tamper(app, 'update artifacts set salt = ? where id = ?', '0'.repeat(32), `${runId}/01_input.txt`),
    );
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: 'is not what its event committed to' }]);
  });

  it('that an event names and that has no row is named', async () => {
    const found = await afterwards(({ app, runId }) =>
      tamper(app, 'delete from artifacts where id = ?', `${runId}/01_input.txt`),
    );
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: 'has no row' }]);
  });

  it('that no event names is not accepted because it has a row', async () => {
    const found = await afterwards(({ app, folder, runId }) => {
      writeFileSync(join(folder, '99_input.txt'), 'Slipped in');
      tamper(
        app,
        `insert into artifacts (run_key, id, type, media_type, sha256, salt, size_bytes, sources)
         select run_key, ?, type, media_type, ?, salt, 10, sources from artifacts where id = ?`,
        `${runId}/99_input.txt`,
        toHex(app.digest.sha256('Slipped in')),
        `${runId}/01_input.txt`,
      );
    });
    expect(found).toEqual([{ what: 'ID/99_input.txt', problem: 'is not what its event committed to' }]);
  });
});

describe('the definitions of a run', () => {
  const config = 'definitions/configs/your-own.yaml';

  it('are named when the file was altered', async () => {
    const found = await afterwards(({ folder }) => append(join(folder, config)));
    expect(found).toEqual([{ what: config, problem: NOT_RECORDED }]);
  });

  it('are named when the file is gone', async () => {
    const found = await afterwards(({ folder }) => rmSync(join(folder, config)));
    expect(found).toEqual([{ what: 'definitions/configs/your-own', problem: 'is missing' }]);
  });

  it('are named when a file was added', async () => {
    const found = await afterwards(({ folder }) => {
      mkdirSync(join(folder, 'definitions', 'recipes'));
      writeFileSync(join(folder, 'definitions', 'configs', 'other.yaml'), 'name: Other\n');
      writeFileSync(join(folder, 'definitions', 'recipes', 'soup.yaml'), 'name: Soup\n');
    });
    const problem = 'does not belong to the run';
    expect(found).toEqual([
      { what: 'definitions/configs/other.yaml', problem },
      { what: 'definitions/recipes/soup.yaml', problem },
    ]);
  });

  it('are not taken from a file of the same name with another ending', async () => {
    const other = 'definitions/configs/your-own.json';
    const found = await afterwards(({ folder }) => writeFileSync(join(folder, other), '{}'));
    expect(found).toEqual([{ what: other, problem: 'does not belong to the run' }]);
  });

  it('are missing when the store has none', async () => {
    const found = await afterwards(({ app }) => withLog(app, { definitionSet: async () => undefined }));
    expect(found).toEqual([{ what: 'definitions', problem: 'are missing from the store' }]);
  });

  it('are held against their digest in the store too', async () => {
    const found = await afterwards(({ app }) =>
      tamper(app, "update definition_sets set body = replace(body, 'Your own rules', 'Other rules')"),
    );
    expect(found).toEqual([{ what: 'stored configs/your-own', problem: 'is not what was recorded' }]);
  });

  it('are held against the digest that the first event names', async () => {
    const found = await afterwards(({ app }) =>
      withLog(app, {
        async definitionSet(digest) {
          const set = await app.store.log.definitionSet(digest);
          return set === undefined ? undefined : { ...set, files: set.files.slice(1) };
        },
        async definitionText(digest) {
          const { files, ...set } = JSON.parse((await app.store.log.definitionText(digest)) ?? '') as DefinitionSet;
          return JSON.stringify({ ...set, files: files.slice(1) });
        },
      }),
    );
    expect(found).toEqual([
      { what: 'definitions', problem: 'are not the ones the run was made with' },
      { what: 'definitions/chunks/generate-text.yaml', problem: 'does not belong to the run' },
    ]);
  });
});

describe('the chain of events', () => {
  const body = 'update events set body = ? where seq = ?';
  const bodyOf = async (app: TestApp, runId: RunId, seq: number): Promise<string> => {
    const { eventBody } = await import('../core/events.ts');
    for await (const event of app.store.log.read(runId, { afterSeq: seq - 1, limit: 1 }))
      return eventBody(runId, event, event);
    throw new Error(`there is no event ${seq}`);
  };

  it.each([1, 2, 5])('names event %i when it was altered, and no later one', async (seq) => {
    const found = await afterwards(async ({ app, runId }) => {
      const altered = (await bodyOf(app, runId, seq)).replace(/"at":"\d{4}/, '"at":"1999');
      tamper(app, body, altered, seq);
    });
    const problem = 'is not what was recorded: its hash differs';
    expect(found).toEqual([{ what: expect.stringMatching(new RegExp(`^event ${seq} \\(`)), problem }]);
  });

  it('names the last event when it was altered', async () => {
    const found = await afterwards(async ({ app, runId }) => {
      const last = (await app.store.log.head(runId))?.seq ?? 0;
      tamper(app, body, (await bodyOf(app, runId, last)).replace('"succeeded"', '"failed"'), last);
    });
    expect(found[0]?.what).toMatch(/^event \d+ \(run\.ended\)$/);
  });

  it('names the first of two events that were swapped', async () => {
    const found = await afterwards(({ app }) => {
      tamper(app, 'update events set seq = 1000 where seq = 3');
      tamper(app, 'update events set seq = 3 where seq = 4');
      tamper(app, 'update events set seq = 4 where seq = 1000');
    });
    expect(found[0]?.what).toMatch(/^event [34]/);
    expect(found.length).toBeGreaterThan(0);
  });

  it('notices a whole event that was replaced together with its hash', async () => {
    const found = await afterwards(async ({ app, runId }) => {
      const altered = (await bodyOf(app, runId, 1)).replace('"seed":7', '"seed":8');
      const hash = eventHash(app.digest, GENESIS, altered);
      tamper(app, 'update events set body = ?, hash = ? where seq = 1', altered, hash);
    });
    expect(found[0]).toMatchObject({ what: expect.stringMatching(/^event 2 \(/) });
  });

  it('notices an event that is missing in the middle', async () => {
    const found = await afterwards(({ app }) => tamper(app, 'delete from events where seq = 4'));
    expect(found.slice(0, 2)).toEqual([
      { what: 'event 4', problem: 'is missing; 5 follows' },
      { what: expect.stringMatching(/^event 5 \(/), problem: 'is not what was recorded: its hash differs' },
    ]);
  });

  it('notices an end that was cut off', async () => {
    const found = await afterwards(({ app }) =>
      tamper(app, 'delete from events where seq = (select max(seq) from events)'),
    );
    expect(found).toEqual([
      { what: expect.stringMatching(/^event \d+$/), problem: expect.stringContaining('the log ends before') },
      { what: 'run', problem: 'has not ended (succeeded); its record is not complete' },
      { what: 'signature', problem: 'does not fit the last event' },
      { what: 'run', problem: 'has a row that differs: state succeeded, where its events say running' },
      { what: 'run', problem: expect.stringContaining('the end 20') },
    ]);
  });

  it('notices that the head of the run counts more events than there are', async () => {
    const found = await afterwards(({ app }) => withHead(app, (head) => ({ ...head, seq: head.seq + 1 })));
    expect(found).toMatchObject([
      { what: expect.stringMatching(/^event \d+$/), problem: expect.stringContaining('ends before') },
    ]);
  });

  it('names the event that cannot be read, and still looks at the artifacts', async () => {
    const found = await afterwards(({ app, folder }) => {
      tamper(app, 'update events set body = ? where seq = 3', '{ torn');
      append(join(folder, '01_input.txt'));
    });
    expect(found).toEqual([
      { what: 'event 3', problem: 'is not what was recorded: its hash differs' },
      { what: 'ID/01_input.txt', problem: NOT_RECORDED },
    ]);
  });

  it('notices a story that is impossible although its hashes fit', async () => {
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => {
        const started = database.prepare("select seq, body from events where body like '%run.started%'").get();
        const seq = Number(started?.['seq']) + 1;
        const again = String(started?.['body']).replace(/"seq":\d+/, `"seq":${seq}`);
        rechain(app, { database, runId }, (body, at) => (at === seq ? again : body));
        signAnew(app, { database, runId });
      }),
    );
    expect(found).toContainEqual({ what: 'events', problem: expect.stringContaining('tell an impossible story') });
  });

  it('says that nothing is left when the log is empty', async () => {
    const found = await afterwards(({ app }) => tamper(app, 'delete from events'));
    expect(found.map(({ what }) => what)).toEqual(expect.arrayContaining(['run', 'signature']));
  });
});

describe('the signature of a run', () => {
  it('is missed', async () => {
    const found = await afterwards(({ app }) => tamper(app, 'update runs set signature = null, signature_key = null'));
    expect(found).toEqual([{ what: 'signature', problem: 'is missing' }]);
  });

  it('is told to be wrong', async () => {
    const found = await afterwards(({ app }) =>
      tamper(app, 'update runs set signature = ?', app.signer.sign(new Uint8Array(32))),
    );
    expect(found).toEqual([{ what: 'signature', problem: 'does not fit the last event' }]);
  });

  it('is told to be by an unknown key', async () => {
    const found = await afterwards(({ app }) => tamper(app, 'update runs set signature_key = ?', 'ffff'));
    expect(found).toEqual([{ what: 'signature', problem: 'is by an unknown key (ffff)' }]);
  });

  it('belongs to the last hash that the head of the run names', async () => {
    const found = await afterwards(({ app }) => withHead(app, (head) => ({ ...head, hash: 'f'.repeat(64) as Sha256 })));
    expect(found).toEqual([
      { what: 'run', problem: expect.stringContaining('has a row that stands at another event') },
    ]);
  });
});
