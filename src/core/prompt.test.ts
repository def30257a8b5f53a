import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemblePrompt, promptDocument, sentForms } from './prompt.ts';
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

describe('the forms of a request', () => {
  const part = (name: string, text: string) => ({ name, text });

  it('are the text itself where there is but one', () => {
    expect(sentForms([part('prompt', 'a cat')], 'en')).toEqual(['a cat']);
    expect(sentForms([], 'en')).toEqual([]);
  });

  it('have the texts side by side in their order, and as models get them', () => {
    const forms = sentForms([part('prompt', 'a cat'), part('task', 'Do.'), part('prompt', 'sat')], undefined);
    expect(forms).toEqual([
      'a cat Do. sat',
      'a cat\nDo.\nsat',
      'Do. a cat sat',
      'Do.\na cat\nsat',
      'a cat sat',
      'a cat\nsat',
      'Do.\n\n---\n\na cat\n\nsat\n',
    ]);
  });

  it('hold no form twice and none that is empty', () => {
    const forms = sentForms([part('task', 'Do.'), part('context', 'So.')], undefined);
    expect(forms).toEqual(['Do. So.', 'Do.\nSo.', 'Do.\n\nSo.\n\n---\n\n\n']);
  });
});
