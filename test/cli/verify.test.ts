import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';
import type { Workplace } from '../support/cli.ts';

interface Verified {
  readonly ok: boolean;
  readonly events: number;
  readonly artifacts: number;
  readonly problems: readonly { readonly what: string; readonly problem: string }[];
}

const verify = (place: Workplace, id: string) => place.json<Verified>(['runs', 'verify', id]);

async function runOnce(place: Workplace): Promise<{ id: string; folder: string }> {
  const run = await place.json<{ runId: string; outputs: { artifacts: { path: string }[] }[] }>([
    'run',
    'dada',
    'A cat on the roof',
  ]);
  return { id: run.runId, folder: join(run.outputs[0]?.artifacts[0]?.path ?? '', '..') };
}

/** Changes one byte in the middle of the file. */
function spoil(path: string): () => void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  const spoiled = Buffer.from(bytes);
  spoiled[middle] = (spoiled[middle] ?? 0) ^ 1;
  writeFileSync(path, spoiled);
  return () => writeFileSync(path, bytes);
}

describe('stemma runs verify', () => {
  it('is ok for a run as it was recorded', async () => {
    using place = openWorkplace();
    const { id } = await runOnce(place);
    expect(await verify(place, id)).toEqual({
      exit: 0,
      ok: true,
      content: 'present',
      events: 20,
      artifacts: 16,
      problems: [],
    });
  });

  it('names every single file that was altered, in work/ and definitions/ too', async () => {
    using place = openWorkplace();
    const { id, folder } = await runOnce(place);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'metadata.json')
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(20);
    const restores = files.map(spoil);
    const found = await verify(place, id);
    expect([found.exit, found.ok]).toEqual([9, false]);
    const named = found.problems.map(({ what }) => what.replace(`${id}/`, '')).toSorted();
    expect(named).toEqual(files.map((file) => file.slice(folder.length + 1)).toSorted());
    for (const restore of restores) restore();
    expect((await verify(place, id)).ok).toBe(true);
  });

  it('passes over metadata.json, which is a convenience', async () => {
    using place = openWorkplace();
    const { id, folder } = await runOnce(place);
    spoil(join(folder, 'metadata.json'));
    expect((await verify(place, id)).ok).toBe(true);
  });

  it('names the first event that was altered, whichever it is', async () => {
    using place = openWorkplace();
    const { id } = await runOnce(place);
    const file = join(place.data, readdirSync(place.data).find((name) => name.endsWith('.db')) ?? '');
    const count = (await verify(place, id)).events;
    for (const seq of [1, Math.ceil(count / 2), count]) {
      const body = changeEvent(file, seq, (text) => text.replace(/"at":"(\d{3})/, '"at":"1$1'.slice(0, 6) + '999'));
      const found = await verify(place, id);
      expect([found.exit, found.problems[0]?.what]).toEqual([9, expect.stringContaining(`event ${seq}`)]);
      changeEvent(file, seq, () => body);
    }
    expect((await verify(place, id)).ok).toBe(true);
  });

  it('notices a cut end and a missing event', async () => {
    using place = openWorkplace();
    const { id } = await runOnce(place);
    const file = join(place.data, readdirSync(place.data).find((name) => name.endsWith('.db')) ?? '');
    const database = new DatabaseSync(file);
    database.exec('delete from events where seq = (select max(seq) from events)');
    database.close();
    const found = await verify(place, id);
    expect([found.exit, found.problems.map(({ what }) => what)]).toEqual([
      9,
      expect.arrayContaining(['event 20', 'run']),
    ]);
  });

  it('is not led astray by a row that was set back to running', async () => {
    using place = openWorkplace();
    const { id } = await runOnce(place);
    inDatabase(place, "update runs set state = 'running', ended_at = null, signature = null, signature_key = null");
    const { exit, ok, problems } = await verify(place, id);
    expect([exit, ok]).toEqual([9, false]);
    expect(problems).toContainEqual({ what: 'signature', problem: 'is missing' });
  });

  it('lists a file that no event names apart, and the run stays whole', async () => {
    using place = openWorkplace();
    const { id, folder } = await runOnce(place);
    writeFileSync(join(folder, 'work', '99_prompt.txt'), 'Forged');
    expect(await verify(place, id)).toMatchObject({ exit: 0, ok: true, problems: [{ what: 'work/99_prompt.txt' }] });
    const { code, stdout } = await place.run(['runs', 'verify', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Intact: 20 events, 16 artifacts\.\nNot part of the record:\n  work\/99_prompt\.txt is named/,
    );
    spoil(join(folder, '01_input.txt'));
    expect((await place.run(['runs', 'verify', id])).stdout).toMatch(
      /^Not as it was recorded:\n  \S+01_input\.txt is not .*\nNot part of the record:\n  work\/99_prompt\.txt/,
    );
  });

  it('names rows and definitions that cannot be read, where showing the run is refused', async () => {
    using place = openWorkplace();
    const { id } = await runOnce(place);
    inDatabase(place, "update artifacts set sources = 'nonsense'");
    inDatabase(place, "update definition_sets set body = 'nonsense'");
    const { exit, problems } = await verify(place, id);
    expect([exit, problems.map(({ what }) => what)]).toEqual([9, [`${id}/01_input.txt`, 'definitions']]);
    const shown = await place.json<{ error: { code: string } }>(['runs', 'show', id]);
    expect([shown.exit, shown.error.code]).toEqual([9, 'STORE_CORRUPT']);
  });

  it('answers 4 for a run that is not there', async () => {
    using place = openWorkplace();
    const missing = '01890000-0000-7000-8000-000000000000';
    const found = await place.json<{ error: { code: string } }>(['runs', 'verify', missing]);
    expect([found.exit, found.error.code]).toEqual([4, 'RUN_NOT_FOUND']);
  });
});

/** What someone does behind Stemma's back, whom no trigger stops. */
function inDatabase(place: Workplace, sql: string): void {
  using database = new DatabaseSync(
    join(place.data, readdirSync(place.data).find((name) => name.endsWith('.db')) ?? ''),
  );
  const triggers = database.prepare("select name from sqlite_schema where type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`drop trigger ${String(name)}`);
  database.exec(sql);
}

/** Rewrites the stored text of an event behind Stemma's back. @returns the text before */
function changeEvent(file: string, seq: number, change: (text: string) => string): string {
  const database = new DatabaseSync(file);
  const { body } = database.prepare('select body from events where run_key is not null and seq = ?').get(seq) as {
    body: string;
  };
  database.prepare('update events set body = ? where run_key is not null and seq = ?').run(change(body), seq);
  database.close();
  return body;
}
