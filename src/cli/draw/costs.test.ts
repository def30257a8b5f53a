import { describe, expect, it } from 'vitest';
import type { CostItem, Costs } from '../../app/costs.ts';
import { drawCosts } from './costs.ts';
import { widthOf } from './layout.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle({ colour: false, unicode: true }), width: 100, language: 'en' };

const item = (key: string, own: Partial<CostItem> = {}): CostItem => ({
  key,
  microUsd: 0,
  calls: 1,
  tokensIn: 0,
  tokensOut: 0,
  unpriced: 0,
  estimated: 0,
  ...own,
});

function costs(own: Partial<Costs> = {}): Costs {
  const items = [item('ollama/small', { microUsd: 1_250_300, tokensIn: 12_000, unpriced: 2 }), item('hosted/large')];
  return { by: 'model', items, total: item('', { microUsd: 1_250_300, calls: 2 }), isCut: false, ...own };
}

describe('the table of costs', () => {
  it('has six decimals of every sum, the groups and all of them together', () => {
    expect(drawCosts(costs(), options)).toBe(
      [
        'Model              Cost  Calls  Tokens in  No price',
        'ollama/small  $1.250300      1     12,000         2',
        'hosted/large  $0.000000      1',
        'All           $1.250300      2',
        '',
      ].join('\n'),
    );
  });

  it('speaks German, and says when there is more', () => {
    const german = drawCosts(costs({ isCut: true }), { ...options, language: 'de' });
    expect(german).toContain('1,250300 $');
    expect(german).toContain('Es gibt mehr als diese 2');
  });

  it('names what is in no room, and lets nothing steer the terminal', () => {
    const drawn = drawCosts(costs({ by: 'room', items: [item(''), item('blue\u001B[2J')] }), options);
    expect(drawn).toContain('(no room)');
    expect(drawn).not.toContain('\u001B');
  });

  it('keeps ids of runs whole and other names inside the terminal', () => {
    const long = costs({ items: [item('x'.repeat(200))] });
    for (const line of drawCosts(long, { ...options, width: 60 }).split('\n'))
      expect(widthOf(line)).toBeLessThanOrEqual(60);
    const id = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
    expect(drawCosts(costs({ by: 'run', items: [item(id)] }), { ...options, width: 50 })).toContain(id);
  });

  it('says so when nothing fits', () => {
    expect(drawCosts(costs({ items: [] }), options)).toBe('No call was made that fits.\n');
  });
});
