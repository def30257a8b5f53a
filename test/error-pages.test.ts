import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../src/core/errors.ts';
import type { ErrorMeaning } from '../src/core/errors.ts';
import { sourceFiles } from './support/source-files.ts';

const FOLDER = 'docs/errors';
const SECTIONS = ['What happened', 'Why', 'What to do'];

const pages = new Map(
  sourceFiles(`${FOLDER}/*.md`)
    .filter(({ path }) => !path.endsWith('/README.md'))
    .map(({ path, text }) => [basename(path, '.md'), text]),
);
const [index] = sourceFiles(`${FOLDER}/README.md`);
const codes = Object.entries<ErrorMeaning>(ERROR_CODES);

const meaningLine = ({ httpStatus, exitCode, retryable }: ErrorMeaning): string =>
  `HTTP ${httpStatus} · exit code ${exitCode} · trying again ${retryable ? 'can help' : 'does not help by itself'}`;

/** The text below a heading, up to the next one. */
function sectionOf(page: string, heading: string): string {
  const [, after = ''] = page.split(`\n## ${heading}\n`);
  return (after.split('\n## ')[0] ?? '').trim();
}

describe('the pages of the error codes', () => {
  it('are as many as the codes', () => {
    expect(codes.length).toBeGreaterThan(30);
    expect([...pages.keys()].sort()).toEqual(codes.map(([code]) => code).sort());
  });

  it.each(codes)('say of %s what the table says', (code, meaning) => {
    expect((pages.get(code) ?? '').split('\n').slice(0, 3)).toEqual([`# ${code}`, '', meaningLine(meaning)]);
  });

  it.each(codes)('tell what happened with %s, why, and what to do', (code) => {
    const page = pages.get(code) ?? '';
    expect([...page.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(SECTIONS);
    for (const heading of SECTIONS) expect(`${heading}: ${sectionOf(page, heading)}`.length).toBeGreaterThan(80);
  });

  it('are all linked from the index, with their exit codes', () => {
    const listed = [
      ...(index?.text ?? '').matchAll(
        /^\| \[([A-Z_]+)\]\(([A-Z_]+)\.md\)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(yes|no)\s*\|/gm,
      ),
    ];
    expect(listed.map(([, name, target, ...rest]) => [name, target, ...rest])).toEqual(
      codes.map(([code, { httpStatus, exitCode, retryable }]) => [
        code,
        code,
        String(httpStatus),
        String(exitCode),
        retryable ? 'yes' : 'no',
      ]),
    );
  });
});
