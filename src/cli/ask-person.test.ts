import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askPerson } from './ask-person.ts';
import { Exit } from './host.ts';

function ask(typed: string): Promise<string> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = askPerson('Really? ', { input, output });
  input.write(typed);
  return answer;
}

describe('a question on the terminal', () => {
  it('brings the answer without the space around it', async () => {
    expect(await ask('  yes \n')).toBe('yes');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends as interrupted by %s', async (_key, typed) => {
    await expect(ask(typed)).rejects.toEqual(new Exit(130));
  });
});
