import { expect, test } from 'vitest';
import { systemCode, toFileError } from './file-errors.ts';

const failure = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });
const at = { doing: 'storing an artifact', path: '/data/runs' };

test.each(['ENOSPC', 'EDQUOT'])('%s is a full store', (code) => {
  expect(toFileError(failure(code), at)).toMatchObject({ code: 'STORE_FULL', facts: { system: code } });
});

test.each(['EACCES', 'EPERM', 'EROFS'])('%s is forbidden, and the hint names the folder', (code) => {
  const error = toFileError(failure(code), at);
  expect(error).toMatchObject({ code: 'FORBIDDEN', hint: expect.stringContaining('/data/runs') });
});

test('a file where a folder should be is wrong input', () => {
  expect(toFileError(failure('ENOTDIR'), at)).toMatchObject({ code: 'INPUT_INVALID' });
});

test('what is not expected comes back as it was thrown', () => {
  const odd = failure('EIO');
  expect(toFileError(odd, at)).toBe(odd);
  expect(toFileError('text', at)).toBe('text');
});

test('a value without a code has none', () => {
  expect(systemCode(new Error('x'))).toBeUndefined();
  expect(systemCode(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
  expect(systemCode(undefined)).toBeUndefined();
});
