import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { kyselyOver } from './kysely-dialect.ts';

interface Tables {
  things: { id: number; name: string };
}

async function openThings() {
  const database = new DatabaseSync(':memory:');
  database.exec('create table things (id integer primary key, name text not null)');
  const things = kyselyOver<Tables>(database);
  await things
    .insertInto('things')
    .values([1, 2, 3].map((id) => ({ id, name: `thing ${id}` })))
    .execute();
  return { database, things };
}

test('queries read and write', async () => {
  const { things } = await openThings();
  const result = await things.updateTable('things').set({ name: 'changed' }).where('id', '=', 2).executeTakeFirst();
  expect(result.numUpdatedRows).toBe(1n);
  expect(await things.selectFrom('things').select('name').where('id', '=', 2).execute()).toEqual([{ name: 'changed' }]);
  await things.destroy();
});

test('rows can be streamed', async () => {
  const { things } = await openThings();
  const ids: number[] = [];
  for await (const { id } of things.selectFrom('things').selectAll().stream()) ids.push(id);
  expect(ids).toEqual([1, 2, 3]);
  await things.destroy();
});

test('destroying closes the connection', async () => {
  const { database, things } = await openThings();
  await things.destroy();
  expect(database.isOpen).toBe(false);
});
