import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';

interface Failed {
  readonly error: {
    readonly code: string;
    readonly title: string;
    readonly detail: string;
    readonly hint: string | null;
    readonly facts: object;
  };
}

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe('bad input is answered well', () => {
  it.each([
    {
      what: 'an unknown config, with the nearest name',
      args: ['run', 'dda', 'x'],
      code: 'CONFIG_NOT_FOUND',
      exit: 2,
      hint: 'dada',
    },
    { what: 'an empty text', args: ['run', 'dada', '   '], code: 'INPUT_INVALID', exit: 2, hint: 'text' },
    { what: 'no text at all', args: ['run', 'dada'], code: 'INPUT_INVALID', exit: 2, hint: 'text' },
    {
      what: 'a file that is not there',
      args: ['run', 'dada', '--input-file', 'nowhere.txt'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: '--input-file',
    },
    {
      what: 'a folder as a file',
      args: ['run', 'dada', '--input-file', '.'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: '--input-file',
    },
    {
      what: 'an unknown output',
      args: ['run', 'dada', 'x', '--output', 'imag'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: 'image',
    },
    {
      what: 'an unknown parameter',
      args: ['run', 'dada', 'x', '--set', 'iteration=3'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: 'iterations',
    },
    {
      what: 'a parameter of another type',
      args: ['run', 'dada', 'x', '--set', 'iterations=many'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    {
      what: 'a loop of no length',
      args: ['run', 'dada', 'x', '--set', 'iterations=0'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    {
      what: 'a setting that its stage refuses',
      args: ['run', 'dada', 'x', '--set', 'width=99999999'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    {
      what: 'a text where a name belongs',
      args: ['run', 'dada', 'x', '--set', 'style=torn paper'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    {
      what: 'no output at all',
      args: ['run', 'dada', 'x', '--output', ','],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    {
      what: 'a device as a file',
      args: ['run', 'dada', '--input-file', '/dev/zero'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: '--input-file',
    },
    {
      what: 'an unknown profile',
      args: ['run', 'dada', 'x', '--profile', 'ofline'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: 'offline',
    },
    {
      what: 'a looser level',
      args: ['run', 'dada', 'x', '--safety', 'research'],
      code: 'FORBIDDEN',
      exit: 2,
      hint: 'stricter',
    },
    {
      what: 'a level that is none',
      args: ['run', 'dada', 'x', '--safety', 'lax'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
    { what: 'an unknown command', args: ['runs', 'lst'], code: 'INPUT_INVALID', exit: 2, hint: 'list' },
    { what: 'an unknown option', args: ['runs', 'list', '--frob'], code: 'INPUT_INVALID', exit: 2, hint: '--from' },
    { what: 'a missing argument', args: ['runs', 'show'], code: 'INPUT_INVALID', exit: 2, hint: '--help' },
    {
      what: 'two forms at once',
      args: ['runs', 'stats', '--prometheus'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: '--help',
    },
    { what: 'an unknown run', args: ['runs', 'show', 'abc'], code: 'RUN_NOT_FOUND', exit: 4, hint: 'runs list' },
    {
      what: 'an unknown stage',
      args: ['stages', 'info', 'text.intercept'],
      code: 'NOT_FOUND',
      exit: 4,
      hint: 'text.interception',
    },
    {
      what: 'an unknown format',
      args: ['runs', 'export', '01890000-0000-7000-8000-000000000000', '--format', 'pdf'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: 'json',
    },
    ...['events', 'verify', 'rerun', 'cancel'].map((name) => ({
      what: `a run that is not there, for runs ${name}`,
      args: ['runs', name, '01890000-0000-7000-8000-000000000000'],
      code: 'RUN_NOT_FOUND',
      exit: 4,
      hint: 'runs list',
    })),
    { what: 'a bad cursor', args: ['runs', 'list', '--cursor', '???'], code: 'INPUT_INVALID', exit: 2, hint: null },
    {
      what: 'a state that is none',
      args: ['runs', 'list', '--state', 'happy'],
      code: 'INPUT_INVALID',
      exit: 2,
      hint: null,
    },
  ])('$what', async ({ args, code, exit, hint }) => {
    using place = openWorkplace();
    const found = await place.json<Failed>(args);
    expect([found.exit, found.error.code]).toEqual([exit, code]);
    expect(found.error.title).not.toBe(code);
    expect(Object.keys(found.error)).toEqual(['code', 'title', 'detail', 'hint', 'facts']);
    if (hint !== null) expect(found.error.hint).toContain(hint);
    expect((await place.run(args)).stderr).not.toMatch(/\n\s+at /);
  });

  it('a megabyte of text, as an argument, a file and on standard input', async () => {
    using place = openWorkplace();
    const megabyte = 'cat '.repeat(262_144);
    const file = join(place.folder, 'large.txt');
    writeFileSync(file, megabyte);
    const tries = [
      await place.json<Failed>(['run', 'dada'], { stdin: megabyte }),
      await place.json<Failed>(['run', 'dada', '--input-file', file]),
    ];
    expect(tries.map(({ exit, error }) => [exit, error.code])).toEqual([
      [2, 'TOO_LARGE'],
      [2, 'TOO_LARGE'],
    ]);
  });

  it('bytes that are no text', async () => {
    using place = openWorkplace();
    for (const stdin of [Uint8Array.of(0xff, 0xfe, 0x00, 0x80), Uint8Array.of(0x61, 0x00, 0x62)]) {
      const found = await place.json<Failed>(['run', 'dada'], { stdin });
      expect([found.exit, found.error.code]).toEqual([2, 'INPUT_INVALID']);
    }
  });

  it('an unknown flag and an unknown command, with the nearest', async () => {
    using place = openWorkplace();
    const flag = await place.run(['run', 'dada', 'x', '--sed', '7']);
    expect([flag.code, flag.stdout]).toEqual([2, '']);
    expect(flag.stderr).toContain('--seed');
    const command = await place.run(['rns']);
    expect([command.code, command.stderr.includes('run')]).toEqual([2, true]);
    expect((await place.run(['run', 'dada', 'x', '--seed', '-1'])).code).toBe(2);
  });

  it('every problem of a broken definition, with lines, while everything else loads', async () => {
    using place = openWorkplace();
    const configs = join(place.data, 'definitions', 'configs');
    mkdirSync(configs, { recursive: true });
    writeFileSync(
      join(configs, 'broken.yaml'),
      'name: Broken\npipelin: text-to-media\npipeline: text-to-midea\ndisplay: { difficulty: 9 }\n',
    );
    writeFileSync(join(configs, 'torn.yaml'), 'name: "Torn\npipeline: [\n');
    const found = await place.json<{
      problems: { file: string; line: number; message: string; suggestion?: string }[];
    }>(['configs', 'validate']);
    expect(found.exit).toBe(2);
    const broken = found.problems.filter(({ file }) => file.endsWith('broken.yaml'));
    expect(broken.map(({ line }) => line)).toEqual(expect.arrayContaining([2, 4]));
    expect(broken[0]?.suggestion ?? broken[1]?.suggestion).toContain('pipeline');
    expect(found.problems.some(({ file, line }) => file.endsWith('torn.yaml') && line > 0)).toBe(true);
    expect((await place.json<Failed>(['run', 'broken', 'x'])).error.code).toBe('DEFINITION_INVALID');
    expect((await place.run(['run', 'bauhaus', 'A cat on a roof', '--output', 'text'])).code).toBe(0);
  });

  it('a data directory that cannot be written', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no such permissions');
    using place = openWorkplace();
    mkdirSync(place.data);
    chmodSync(place.data, 0o555);
    const found = await place.json<Failed>(['run', 'dada', 'x'], isRoot ? { uid: NOBODY } : {});
    expect([found.exit, found.error.code]).toEqual([2, 'FORBIDDEN']);
    expect(`${found.error.detail}${found.error.hint}`).toContain(place.data);
    chmodSync(place.data, 0o755);
  });

  it('a data directory that is a file', async () => {
    using place = openWorkplace();
    writeFileSync(place.data, 'not a folder');
    const found = await place.json<Failed>(['run', 'dada', 'x']);
    expect([found.exit, found.error.code]).toEqual([2, 'INPUT_INVALID']);
  });

  it('a corrupted database', async () => {
    using place = openWorkplace();
    await place.run(['run', 'dada', 'A cat on a roof', '--output', 'text']);
    const name = readdirSync(place.data).find((entry) => entry.endsWith('.db')) ?? '';
    writeFileSync(join(place.data, name), 'This is no database, whatever its name says.'.repeat(100));
    const found = await place.json<Failed>(['runs', 'list']);
    expect([found.exit, found.error.code]).toEqual([9, 'STORE_CORRUPT']);
    expect(found.error.hint).not.toBeNull();
    const looked = await place.json<{ ok: boolean; findings: { check: string; ok: boolean }[] }>(['doctor']);
    expect([looked.exit, looked.ok]).toEqual([1, false]);
    expect(looked.findings.find(({ check }) => check === 'database')?.ok).toBe(false);
    rmSync(join(place.data, name));
    expect((await place.json<Failed>(['runs', 'list'])).error.code).toBe('STORE_CORRUPT');
  });

  it('settings with a mistake, naming the place and the nearest key', async () => {
    using place = openWorkplace();
    mkdirSync(place.data);
    writeFileSync(join(place.data, 'settings.yaml'), 'safety:\n  levl: kids\n');
    const found = await place.json<Failed>(['run', 'dada', 'x']);
    expect([found.exit, found.error.code]).toEqual([2, 'INPUT_INVALID']);
    expect(`${found.error.detail} ${found.error.hint}`).toMatch(/settings\.yaml.*2.*level/s);
  });
});
