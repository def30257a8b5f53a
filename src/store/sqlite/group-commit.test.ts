import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { StemmaError } from '../../core/errors.ts';
import { openForWriting } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import type { GroupCommitOptions } from './group-commit.ts';
import { HandClock } from '../../../test/support/store-fixtures.ts';

/** A database with words that are unique, written in groups; and another connection to it. */
function fixture(options: Partial<GroupCommitOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-group-'));
  const file = join(folder, 'words.db');
  const database = openForWriting(file);
  database.exec('create table words (word text primary key) strict');
  const add = database.prepare('insert into words values (?)');
  const other = new DatabaseSync(file);
  const commits: string[][] = [];
  const writes = new GroupCommit(database, {
    file,
    clock: new HandClock(),
    onCommitted: (topics) => commits.push([...topics]),
    onFailed: () => {},
    ...options,
  });
  return {
    writes,
    other,
    commits,
    insert: (word: string) => add.run(word),
    say: (word: string) =>
      writes.write((topics) => {
        topics.add(word);
        add.run(word);
        return word;
      }),
    stored: () =>
      other
        .prepare('select word from words order by rowid')
        .all()
        .map((row) => row['word']),
    [Symbol.dispose]: () => {
      other.close();
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describe('writes of one turn', () => {
  test('are stored by one commit, in the order of the calls', async () => {
    using at = fixture();
    expect(await Promise.all(['a', 'b', 'c'].map(at.say))).toEqual(['a', 'b', 'c']);
    expect(at.stored()).toEqual(['a', 'b', 'c']);
    expect(at.commits).toEqual([['a', 'b', 'c']]);
  });

  test('are stored but for those that are refused, each for its own reason', async () => {
    let takenBack = 0;
    using at = fixture({ onFailed: () => (takenBack += 1) });
    const thrown = new StemmaError('NOT_FOUND', 'There is nothing.');
    const outcomes = await Promise.allSettled([
      at.say('a'),
      at.say('a'),
      at.writes.write(() => {
        throw thrown;
      }),
      at.say('b'),
    ]);
    expect(outcomes).toMatchObject([
      { value: 'a' },
      { reason: { code: 'STATE_CONFLICT' } },
      { reason: thrown },
      { value: 'b' },
    ]);
    expect(at.stored()).toEqual(['a', 'b']);
    expect(at.commits).toHaveLength(1);
    expect(takenBack).toBe(1);
  });

  test('leave nothing of what is refused half way', async () => {
    using at = fixture();
    const half = at.writes.write(() => {
      at.insert('half');
      throw new Error('no further');
    });
    expect(await Promise.allSettled([half, at.say('a')])).toMatchObject([
      { reason: { code: 'INTERNAL' } },
      { value: 'a' },
    ]);
    expect(await at.say('b')).toBe('b');
    expect(at.stored()).toEqual(['a', 'b']);
  });

  test('wait for another process that begins to write when they are taken back', async () => {
    let locked = 0;
    using at = fixture({
      onFailed: () => {
        at.other.exec('begin immediate');
        locked += 1;
        setImmediate(() => at.other.exec('commit'));
      },
    });
    const outcomes = await Promise.allSettled([at.say('a'), at.say('a'), at.say('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(at.stored()).toEqual(['a', 'b']);
    expect(locked).toBe(1);
  });
});
