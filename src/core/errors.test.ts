import { describe, expect, it } from 'vitest';
import { ERROR_CODES, StemmaError, isErrorCode, isRetryable, toStemmaError } from './errors.ts';

describe('the table of codes', () => {
  it('has a status of the 400s or 500s and an exit code other than 0 for each', () => {
    for (const [code, { httpStatus, exitCode }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z_]*[A-Z]$/);
      expect(httpStatus).toBeGreaterThanOrEqual(400);
      expect(httpStatus).toBeLessThan(600);
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 70]).toContain(exitCode);
    }
  });

  it('knows its own codes and nothing that every object has', () => {
    expect(isErrorCode('RUN_NOT_FOUND')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode('SCHOOL_CLOSED')).toBe(false);
  });

  it('decides alone what is worth another try', () => {
    expect(isRetryable('PROVIDER_RATE_LIMITED')).toBe(true);
    expect(isRetryable('SAFETY_BLOCKED')).toBe(false);
    expect(isRetryable('SCHOOL_CLOSED')).toBe(false);
  });
});

describe('a StemmaError', () => {
  it('carries code, message, hint, facts and cause', () => {
    const cause = new Error('ENOSPC');
    const error = new StemmaError('STORE_FULL', 'The disk is full.', {
      hint: 'Make space.',
      facts: { free: 0 },
      cause,
    });
    expect(error).toMatchObject({
      name: 'StemmaError',
      code: 'STORE_FULL',
      message: 'The disk is full.',
      hint: 'Make space.',
      facts: { free: 0 },
      cause,
      meaning: { httpStatus: 503, exitCode: 1, retryable: true },
    });
  });

  it('has no cause of its own and no facts when none are given', () => {
    const error = new StemmaError('INTERNAL', 'x');
    expect(Object.hasOwn(error, 'cause')).toBe(false);
    expect({ facts: error.facts, hint: error.hint }).toEqual({ facts: {}, hint: undefined });
  });
});

describe('a thrown value', () => {
  it('stays itself when it is a StemmaError', () => {
    const error = new StemmaError('NOT_FOUND', 'x');
    expect(toStemmaError(error)).toBe(error);
  });

  it('becomes INTERNAL with its cause kept when it is another error', () => {
    const cause = new TypeError('x is not a function');
    expect(toStemmaError(cause)).toMatchObject({ code: 'INTERNAL', message: 'x is not a function', cause });
  });

  it('becomes INTERNAL also when it is no error at all', () => {
    expect(toStemmaError('out of paper')).toMatchObject({
      code: 'INTERNAL',
      message: 'out of paper',
      cause: 'out of paper',
    });
    expect(toStemmaError(undefined)).toMatchObject({ code: 'INTERNAL', message: 'undefined' });
  });
});
