import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Messages } from '../../core/ports.ts';
import { loadMessages } from './load-messages.ts';

type Folder = Readonly<Record<string, string>>;

async function load(...folders: readonly Folder[]): Promise<Messages> {
  await using root = await mkdtempDisposable(join(tmpdir(), 'stemma-messages-'));
  const urls = [];
  for (const [index, files] of folders.entries()) {
    const folder = join(root.path, String(index));
    await mkdir(folder);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    urls.push(pathToFileURL(`${folder}/`));
  }
  return await loadMessages([...urls, pathToFileURL(join(root.path, 'nowhere'))]);
}

const EN = `
greeting: Hello {name}, {count} of {total}
only.english: English
safety.age.kids.heading: For later
safety.age.heading: Stopped
`;
const DE = `
greeting: Hallo {name}, {count} von {total}
safety.age.heading: Angehalten
`;

test('a text comes in its language, else in English, else as its key', async () => {
  const messages = await load({ 'de.yaml': DE, 'en.yaml': EN });
  expect(messages.text('only.english', {}, 'de')).toBe('English');
  expect(messages.text('safety.age.heading', {}, 'de')).toBe('Angehalten');
  expect(messages.text('safety.age.heading', {}, 'de-AT')).toBe('Angehalten');
  expect(messages.text('safety.age.heading', {}, 'fr')).toBe('Stopped');
  expect(messages.text('no.such.key', {}, 'de')).toBe('no.such.key');
});

test('facts stand where their names are', async () => {
  const messages = await load({ 'de.yaml': DE });
  expect(messages.text('greeting', { name: 'Ada', count: 0, total: null }, 'de')).toBe('Hallo Ada, 0 von ');
  expect(messages.text('greeting', { name: '{count}', count: 1 }, 'de')).toBe('Hallo {count}, 1 von {total}');
});

test('a key without a text for the level takes the one for all levels, before another language does', async () => {
  const messages = await load({ 'de.yaml': DE, 'en.yaml': EN });
  expect(messages.text('safety.age.kids.heading', {}, 'en')).toBe('For later');
  expect(messages.text('safety.age.research.heading', {}, 'en')).toBe('Stopped');
  expect(messages.text('safety.age.kids.heading', {}, 'de')).toBe('Angehalten');
});

test('has tells about the language itself', async () => {
  const messages = await load({ 'de.yaml': DE, 'en.yaml': EN });
  expect(messages.has('only.english', 'en')).toBe(true);
  expect(messages.has('only.english', 'de')).toBe(false);
  expect(messages.has('safety.age.kids.heading', 'de')).toBe(true);
  expect(messages.has('greeting', 'fr')).toBe(false);
});

test('a later folder adds languages and goes before the ones before it', async () => {
  const messages = await load(
    { 'en.yaml': EN },
    { 'en.yaml': 'only.english: Changed', 'tr.yaml': 'greeting: Merhaba' },
  );
  expect(messages.text('only.english', {}, 'en')).toBe('Changed');
  expect(messages.text('safety.age.heading', {}, 'en')).toBe('Stopped');
  expect(messages.text('greeting', {}, 'tr')).toBe('Merhaba');
});

test('files that are no catalogues of a language are passed over, an empty one has no texts', async () => {
  const messages = await load({ 'notes.yaml': 'a: b', 'en.txt': 'a: b', 'en.yaml': '# nothing yet\n' });
  expect(messages.has('a', 'notes')).toBe(false);
  expect(messages.has('a', 'en')).toBe(false);
});

test.each([
  ['a: [1', /en\.yaml:1:\d+: /],
  ['a: 1', /"a" is no text/],
  ['a: { b: c }', /"a" is no text/],
  ['- a', /the file is no text/],
  ['a: b\na: c', /en\.yaml:2:1: /],
])('the catalogue %j is refused with its place', async (text, message) => {
  const refused = load({ 'en.yaml': text });
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toMatchObject({ code: 'DEFINITION_INVALID' });
});
