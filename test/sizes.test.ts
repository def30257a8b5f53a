import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from './support/source-files.ts';

const LINES = { skipBlankLines: true, skipComments: true };
const FOLDERS = ['src', 'test', 'scripts', 'bin', 'bench', 'examples'].filter((name) =>
  existsSync(join(PROJECT_ROOT, name)),
);

/** The rules of the linter that measure; its usual configuration has none of them. */
const CONFIG = {
  plugins: [],
  categories: { correctness: 'off' },
  rules: {
    'max-lines': ['error', { max: 400, ...LINES }],
    'max-lines-per-function': ['error', { max: 60, ...LINES }],
    'max-params': ['error', { max: 3 }],
    complexity: ['error', { max: 12 }],
    'max-depth': ['error', { max: 3 }],
  },
  overrides: [
    {
      // `describe` and `it` nest whole suites in one function, so only the file counts.
      files: ['**/*.test.ts', '**/*.contract.ts'],
      rules: { 'max-lines': ['error', { max: 600, ...LINES }], 'max-lines-per-function': 'off' },
    },
    { files: ['**/*.data.ts'], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' } },
  ],
};

/** Places that are too large and known, as `path: rule`. May only get shorter. */
const EXCEPTIONS: readonly string[] = [];

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'stemma-sizes-')));
const configFile = join(scratch, 'sizes.json');
writeFileSync(configFile, JSON.stringify(CONFIG));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Report {
  readonly number_of_files: number;
  readonly diagnostics: readonly {
    readonly code: string;
    readonly message: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

interface Finding {
  readonly place: string;
  readonly text: string;
}

function measure(folders: readonly string[], cwd = PROJECT_ROOT): { files: number; findings: readonly Finding[] } {
  const linter = join(PROJECT_ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const args = [linter, '--config', configFile, '--format', 'json', '--no-ignore', ...folders];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 27 });
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(`The linter gave no report: ${stdout} ${stderr}`);
  const report = JSON.parse(stdout.slice(start)) as Report;
  const findings = report.diagnostics.map(({ code, message, filename, labels }) => ({
    place: `${filename.replaceAll('\\', '/')}: ${code.replace(/^.*\((.*)\)$/, '$1')}`,
    text: `${filename}:${labels[0]?.span.line ?? 0} ${message}`,
  }));
  return { files: report.number_of_files, findings };
}

describe('the sizes of files and functions', () => {
  const { files, findings } = measure(FOLDERS);

  it('are within their limits', () => {
    expect(findings.filter(({ place }) => !EXCEPTIONS.includes(place)).map(({ text }) => text)).toEqual([]);
  });

  it('are measured on more than fifty files', () => {
    expect(files).toBeGreaterThan(50);
  });

  it('have no exception that is no longer needed', () => {
    expect(EXCEPTIONS.filter((place) => !findings.some((finding) => finding.place === place))).toEqual([]);
  });
});

const repeat = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const constants = (count: number): string => repeat(count, (index) => `export const c${index} = ${index};`);
const functionOf = (body: string): string => `export function f(a: number) {\n${body}\n}`;
const branches = (count: number): string => functionOf(repeat(count, (index) => `if (a === ${index}) a += 1;`));
const nested = (depth: number): string => functionOf(`${'if (a) { '.repeat(depth)}a += 1;${' }'.repeat(depth)}`);
const parameters = (count: number): string =>
  `export const f = (${repeat(count, (index) => `p${index}: number,`)}) => p0;`;
const lines = (count: number): string => functionOf(repeat(count, () => 'a += 1;'));

describe('the measuring itself', () => {
  const LIMITS = [
    { rule: 'max-lines', name: 'file.ts', within: constants(400), beyond: constants(401) },
    { rule: 'max-lines', name: 'file.test.ts', within: constants(600), beyond: constants(601) },
    { rule: 'max-lines-per-function', name: 'function.ts', within: lines(58), beyond: lines(59) },
    { rule: 'max-params', name: 'parameters.ts', within: parameters(3), beyond: parameters(4) },
    { rule: 'complexity', name: 'complexity.ts', within: branches(11), beyond: branches(12) },
    { rule: 'max-depth', name: 'depth.ts', within: nested(3), beyond: nested(4) },
  ];

  it.each(LIMITS)('enforces $rule in $name', ({ rule, name, within, beyond }) => {
    expect(rulesBroken({ [name]: within })).toEqual([]);
    expect(rulesBroken({ [name]: beyond })).toEqual([`${name}: ${rule}`]);
  });

  it('counts neither comments nor blank lines', () => {
    expect(rulesBroken({ 'file.ts': `${constants(400)}\n\n// one\n/* two\n three */\n` })).toEqual([]);
  });

  it('leaves data files out', () => {
    expect(rulesBroken({ 'words.data.ts': constants(5000) })).toEqual([]);
  });

  it('reports that it saw no files', () => {
    expect(measure(['.'], folderOf({})).files).toBe(0);
  });
});

const rulesBroken = (files: Readonly<Record<string, string>>): readonly string[] =>
  measure(['.'], folderOf(files)).findings.map(({ place }) => place);

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(scratch, 'fixture-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
