import { describe, expect, it } from 'vitest';
import { drawBudgets } from './budgets.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle({ colour: false, unicode: true }), width: 100, language: 'en' };
const day = {
  scope: 'day',
  subject: '*',
  mode: 'halt',
  limitMicroUsd: 5_000_000,
  spentMicroUsd: 1_250_000,
  reservedMicroUsd: 0,
  percent: 25,
} as const;

describe('the table of budgets', () => {
  it('says what is spent and reserved of how much, and what happens at the limit', () => {
    const room = { ...day, scope: 'room', subject: 'blue', mode: 'ask', reservedMicroUsd: 10 } as const;
    expect(drawBudgets([day, { ...room, limitMicroUsd: 0, percent: null }], options)).toBe(
      [
        'For   Which      Spent   Reserved      Limit  Used  At the limit',
        'day   *      $1.250000             $5.000000  25 %  halt',
        'room  blue   $1.250000  $0.000010  $0.000000        ask',
        '',
      ].join('\n'),
    );
  });

  it('says how to begin when there is none', () => {
    expect(drawBudgets([], { ...options, language: 'de' })).toContain('stemma budgets set day 5');
  });
});
