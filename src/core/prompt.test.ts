import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemblePrompt, promptDocument } from './prompt.ts';
import type { PromptText } from './prompt.ts';

const PARTS: readonly PromptText[] = [
  { name: 'task', text: '  Rewrite the text.\n' },
  { name: 'context', text: 'As Dada would.' },
  { name: 'prompt', text: ' A red fox. ' },
];

describe('an assembled prompt', () => {
  it('has every part but the prompt in its instructions, in order, and then the order of the language', () => {
    expect(assemblePrompt(PARTS, 'de')).toEqual({
      instructions: 'Rewrite the text.\n\nAs Dada would.\n\nAnswer in the language with the ISO 639-1 code "de".',
      prompt: ' A red fox. ',
    });
  });

  it('orders no language when none is known', () => {
    expect(assemblePrompt(PARTS, undefined).instructions).toBe('Rewrite the text.\n\nAs Dada would.');
  });

  it('takes the prompt from wherever it stands, and several one after the other', () => {
    const parts = [
      { name: 'prompt', text: 'one' },
      { name: 'task', text: 'Do.' },
      { name: 'prompt', text: 'two' },
    ];
    expect(assemblePrompt(parts, undefined)).toEqual({ instructions: 'Do.', prompt: 'one\n\ntwo' });
  });

  it('leaves parts out that say nothing', () => {
    const parts = [
      { name: 'task', text: ' \n ' },
      { name: 'context', text: 'As Dada would.' },
    ];
    expect(assemblePrompt(parts, undefined)).toEqual({ instructions: 'As Dada would.', prompt: '' });
    expect(assemblePrompt([], undefined)).toEqual({ instructions: '', prompt: '' });
  });

  it('never changes the text to work on, and never lets it into the instructions', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (task, prompt) => {
        const parts = [
          { name: 'task', text: task },
          { name: 'prompt', text: prompt },
        ];
        expect(assemblePrompt(parts, undefined)).toEqual({ instructions: task.trim(), prompt });
      }),
    );
  });
});

describe('a prompt as a document', () => {
  it('has a line between instructions and prompt', () => {
    expect(promptDocument({ instructions: 'Do.', prompt: 'A fox.' })).toBe('Do.\n\n---\n\nA fox.\n');
  });

  it('is the prompt alone when there are no instructions', () => {
    expect(promptDocument({ instructions: '', prompt: 'A fox.' })).toBe('A fox.\n');
  });
});
