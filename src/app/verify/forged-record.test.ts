import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK } from '../../../test/support/app.ts';
import { afterwards, forge, forgeWith, rechain, signAnew } from '../../../test/support/forged-run.ts';
import type { Recorded } from '../../../test/support/forged-run.ts';
import { toHex } from '../../core/ids.ts';
import { detectMediaType } from '../../store/files/media-type.ts';
import { readRun } from '../read-run.ts';
import { startRun } from '../start-run.ts';
import { isUnnamedFile, verifyRun } from '../verify-run.ts';
import { MEDIA_TYPES } from './artifacts.ts';

const SET_BACK = "update runs set state = 'running', ended_at = null, signature = null, signature_key = null";

describe('the row of a run', () => {
  const differs = (what: string) => ({ what: 'run', problem: expect.stringContaining(`a row that differs: ${what}`) });

  it('that was set back to running does not make an end without a signature whole', async () => {
    const found = await afterwards(({ app }) => forgeWith(app, SET_BACK));
    expect(found).toEqual([
      { what: 'signature', problem: 'is missing' },
      differs('state running, where its events say succeeded'),
      differs('the end unknown'),
    ]);
  });

  it('that was set back does not hide an event that was altered with all hashes after it', async () => {
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => {
        rechain(app, { database, runId }, (body) => body.replace('"seed":7', '"seed":8'));
        database.exec(SET_BACK);
      }),
    );
    expect(found).toContainEqual({ what: 'signature', problem: 'is missing' });
  });

  it('cannot make an altered chain whole when it keeps its signature', async () => {
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => rechain(app, { database, runId }, (body) => body.replace('"seed":7', '"seed":8'))),
    );
    expect(found).toEqual([{ what: 'signature', problem: 'does not fit the last event' }]);
  });

  it.each([
    ['created_at = created_at - 1000', 'the beginning'],
    ['at = at + 1000', 'the last event'],
    ['ended_at = ended_at + 1000', 'the end'],
    ["state = 'failed'", 'state failed'],
    ['open_attempts = 3', 'open attempts 3'],
    ['priority = 0', 'priority critical'],
    ["definitions = 'others'", 'definitions others'],
    ['at = 9000000000000000', 'the last event 9000000000000000 ms'],
  ])('is held against the events: %s', async (change, what) => {
    expect(await afterwards(({ app }) => forgeWith(app, `update runs set ${change}`))).toEqual([differs(what)]);
  });

  it('that stands before the last event is named', async () => {
    const found = await afterwards(({ app }) => forgeWith(app, 'update runs set seq = seq - 1'));
    expect(found).toEqual([{ what: 'run', problem: expect.stringContaining('stands at another event') }]);
  });

  it('with a number that is no priority cannot be read', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    forgeWith(app, 'update runs set priority = 7');
    await expect(verifyRun(app, runId)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('and all its rows are not taken for those of another run', async () => {
    await using app = await openTestApp();
    const [one, two] = [await carryOut(app), await carryOut(app)];
    const rename = 'update runs set id = ? where id = ?';
    for (const [to, from] of [
      ['nobody', one],
      [one, two],
      [two, 'nobody'],
    ] as const)
      forgeWith(app, rename, to, from);
    const { ok, problems } = await verifyRun(app, one);
    expect(ok).toBe(false);
    expect(problems).toContainEqual({ what: 'event 1 (run.created)', problem: `belongs to another run (${two})` });
    expect(problems).toContainEqual({ what: `${two}/01_input.txt`, problem: 'belongs to another run' });
  });
});

describe('the rows of attempts', () => {
  it.each([
    ["update attempts set state = 'failed'", 'differs: failed'],
    ['update attempts set started_at = started_at - 1000', 'has a row that differs'],
    ['update attempts set ended_at = ended_at + 1000', 'has a row that differs'],
    ['update attempts set retry_of_attempt = 5', 'succeeded after 5'],
    ['delete from attempts', 'has no row'],
    [
      "insert into attempts select run_key, 'more', attempt, null, state, started_at, ended_at, candidate from attempts limit 1",
      'has a row that no event speaks of',
    ],
  ])('are held against the events: %s', async (sql, problem) => {
    const found = await afterwards(({ app }) => forgeWith(app, sql));
    expect(found[0]).toEqual({
      what: expect.stringMatching(/^attempt 1 of /),
      problem: expect.stringContaining(problem),
    });
  });
});

describe('the stored text of an event', () => {
  const edits: readonly (readonly [string, (body: string) => string])[] = [
    ['white space', (body) => body.replace(',', ', ')],
    ['a key that stands twice', (body) => body.replace('{', '{"v":1,')],
    ['an escape', (body) => body.replace('"attempt', '"\\u0061ttempt')],
  ];

  it.each([...edits, ['a key more', (body: string) => body.replace(/}$/, ',"w":1}')] as const])(
    'is what was hashed: %s',
    async (_what, edit) => {
      const found = await afterwards(({ app }) =>
        forge(app, (database) => {
          const { body } = database.prepare('select body from events where seq = 4').get() as { body: string };
          expect(edit(body)).not.toBe(body);
          database.prepare('update events set body = ? where seq = 4').run(edit(body));
        }),
      );
      expect(found).toEqual([
        { what: expect.stringMatching(/^event 4/), problem: 'is not what was recorded: its hash differs' },
      ]);
    },
  );

  it.each(edits)('is canonical even where its hash fits: %s', async (_what, edit) => {
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => {
        rechain(app, { database, runId }, (body, seq) => (seq === 4 ? edit(body) : body));
        signAnew(app, { database, runId });
      }),
    );
    expect(found).toEqual([
      { what: expect.stringMatching(/^event 4 /), problem: 'is not stored in its canonical form' },
    ]);
  });

  it.each([
    ['is no event', () => '[]', 'is no event'],
    ['is no JSON', () => '{', 'is no event'],
    ['is malformed', (body: string) => body.replace('"seed":7', '"seed":-7'), 'is malformed at "data.seed"'],
    ['has another number', (body: string) => body.replace('"seq":1,', '"seq":2,'), 'was recorded as event 2'],
  ])('is named when it %s although its hash fits', async (_what, edit, problem) => {
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => {
        rechain(app, { database, runId }, (body, seq) => (seq === 1 ? edit(body) : body));
        signAnew(app, { database, runId });
      }),
    );
    expect(found).toContainEqual({
      what: expect.stringContaining('event 1'),
      problem: expect.stringContaining(problem),
    });
  });

  it('names artifacts of its own run only', async () => {
    const other = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
    const found = await afterwards(({ app, runId }) =>
      forge(app, (database) => {
        rechain(app, { database, runId }, (body) => body.replaceAll(`["${runId}/`, `["${other}/`));
        signAnew(app, { database, runId });
      }),
    );
    expect(found[0]).toEqual({
      what: expect.stringMatching(/^event \d+ \(attempt\.started\)$/),
      problem: expect.stringMatching(`names an artifact of another run \\(${other}/`),
    });
  });

  it('stands in the log in the order of its run', async () => {
    const found = await afterwards(({ app }) =>
      forgeWith(app, 'update events set position = position + 1000 where seq = 3'),
    );
    expect(found).toEqual([
      { what: expect.stringMatching(/^event 4 /), problem: 'stands before an earlier one in the log' },
    ]);
  });
});

describe('the row of an artifact', () => {
  const of = (column: string, value: string | number) => (at: Recorded) =>
    forgeWith(at.app, `update artifacts set ${column} = ? where id = ?`, value, `${at.runId}/01_input.txt`);

  it('cannot take the first bytes of the file into its salt', async () => {
    const found = await afterwards((at) => {
      const { app, folder, runId } = at;
      const bytes = readFileSync(join(folder, '01_input.txt'));
      writeFileSync(join(folder, '01_input.txt'), bytes.subarray(2));
      const sha256 = toHex(app.digest.sha256(bytes.subarray(2)));
      forgeWith(
        app,
        'update artifacts set salt = salt || ?, sha256 = ?, size_bytes = size_bytes - 2 where id = ?',
        bytes.subarray(0, 2).toString('hex'),
        sha256,
        `${runId}/01_input.txt`,
      );
    });
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: 'has a salt that is not 16 bytes in hex digits' }]);
  });

  it.each([
    ['type', 'task', 'type task instead of input'],
    ['media_type', 'text/html', 'media type text/html instead of text/plain'],
    ['step_path', 'elsewhere', 'step elsewhere instead of none'],
    ['span_id', '0123456789abcdef', 'span 0123456789abcdef instead of none'],
    ['size_bytes', 1, 'bytes, where its row says 1'],
    ['sources', '["elsewhere"]', 'whose source elsewhere is no artifact of this run'],
  ])('is held against file and event: %s', async (column, value, problem) => {
    const found = await afterwards(of(column, value));
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: expect.stringContaining(problem) }]);
  });

  it.each(['nonsense', '{}', '[1]'])('with the sources %s is damaged, and is named', async (sources) => {
    const found = await afterwards(async (at) => {
      of('sources', sources)(at);
      await expect(readRun(at.app, at.runId)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });
    expect(found).toEqual([{ what: 'ID/01_input.txt', problem: expect.stringContaining('cannot be read') }]);
  });

  it('gives the media type that the file store gives for the ending', () => {
    const bodies = [
      'a',
      '{}',
      '<svg/>',
      '\xff\xd8\xff',
      '\x89PNG\r\n\x1a\n',
      'GIF87a',
      '%PDF-',
      'OggS',
      'PK\x03\x04',
      'ID3',
    ];
    const boxes = ['avif', 'heic', 'M4A ', 'mp42'].map((brand) => `\0\0\0\0ftyp${brand}`);
    const found = [...bodies, ...boxes, 'RIFF\0\0\0\0WEBP', 'RIFF\0\0\0\0WAVE', '\0'].map((body) =>
      detectMediaType(Buffer.from(body, 'latin1')),
    );
    const known = Object.entries(MEDIA_TYPES).map(([extension, mediaType]) => ({ extension, mediaType }));
    expect(found).toEqual(expect.arrayContaining(known));
    expect(known).toEqual(expect.arrayContaining(found));
  });
});

describe('a file that no event names', () => {
  it('is named and does not make the run fail', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const folder = app.store.files.folder(runId) ?? '';
    for (const name of ['99_output_text.txt', 'work/99_prompt.txt', 'notes.md'])
      writeFileSync(join(folder, name), 'Forged');
    writeFileSync(join(folder, 'steps.ndjson'), '{}');
    const { ok, problems } = await verifyRun(app, runId);
    expect(ok).toBe(true);
    expect(problems.every(isUnnamedFile)).toBe(true);
    expect(problems.map(({ what }) => what)).toEqual(['99_output_text.txt', 'notes.md', 'work/99_prompt.txt']);
  });

  it('is not spoken of while the run may still name it', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    writeFileSync(join(app.store.files.folder(runId) ?? '', '99_output_text.txt'), 'Not yet');
    expect((await verifyRun(app, runId)).problems.map(({ what }) => what)).toEqual(['run']);
  });
});

describe('the text of the stored definitions', () => {
  it.each([
    ['white space', 'replace(body, \'","\', \'", "\')'],
    ['a key more', 'replace(body, \'{"digest"\', \'{"more":1,"digest"\')'],
    ['a key that stands twice', 'replace(body, \'{"digest"\', \'{"digest":"","digest"\')'],
  ])('is the one that was recorded: %s', async (_what, edit) => {
    const found = await afterwards(({ app }) => forgeWith(app, `update definition_sets set body = ${edit}`));
    expect(found).toEqual([{ what: 'definitions', problem: 'are not stored as the text that was recorded' }]);
  });

  it.each(['nonsense', '{}', '[]'])('that is %s is named, and nothing is built on it', async (body) => {
    const found = await afterwards(async ({ app, runId }) => {
      forgeWith(app, 'update definition_sets set body = ?', body);
      await expect(readRun(app, runId)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });
    expect(found).toEqual([{ what: 'definitions', problem: expect.stringContaining('cannot be read') }]);
  });

  it('cannot be those of another run', async () => {
    await using app = await openTestApp();
    const [runId] = [await carryOut(app), await carryOut(app, { ...QUICK, config: 'dada' })];
    const sets = 'select digest, body from definition_sets';
    forgeWith(
      app,
      `update definition_sets set body = (select body from (${sets}) as s where s.digest <> definition_sets.digest)`,
    );
    expect((await verifyRun(app, runId)).problems).toContainEqual({
      what: 'definitions',
      problem: 'are not the ones the run was made with',
    });
  });
});
