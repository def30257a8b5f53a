import { describe, expect, it } from 'vitest';
import { StemmaError } from './errors.ts';
import { parseReference, parseTemplate, referenceText } from './references.ts';

describe('references', () => {
  it.each([
    'input.text',
    'parameters.hands',
    'config.context',
    'config.instruction',
    'output.optimize',
    'outputs',
    'iteration',
    'previous.text',
    'steps.interception.text',
    'steps.check.facts.hits',
  ])('%s is one, and is written back the same', (text) => {
    expect(referenceText(parseReference(text))).toBe(text);
    expect(parseReference(`  ${text} `)).toEqual(parseReference(text));
  });

  it.each([
    '',
    'input',
    'input.',
    'input.text.length',
    'input.4',
    'parameters.a b',
    'config.name',
    'config.context.de',
    'output',
    'outputs.1',
    'iteration.1',
    'previous',
    'previous.facts',
    'previous.text.x',
    'steps',
    'steps.a',
    'steps.4.text',
    'steps.a.text.b',
    'steps.a.facts',
    'steps.a.facts.',
    'steps.a.facts.b.c',
    'steps.a.media',
    'env.HOME',
    '__proto__.x',
  ])('%j is none', (text) => {
    expect(() => parseReference(text)).toThrow(StemmaError);
    expect(() => parseReference(text)).toThrow(`"${text}" is no reference.`);
  });
});

describe('templates', () => {
  it.each([
    ['', []],
    ['plain', [{ text: 'plain' }]],
    ['{{prompt}}', [{ placeholder: 'prompt' }]],
    ['a {{ prompt }}b', [{ text: 'a ' }, { placeholder: 'prompt' }, { text: 'b' }]],
    ['{{config.context}}{{x}}', [{ placeholder: 'config.context' }, { placeholder: 'x' }]],
    ['{ {a} } {{}} {{a b}}', [{ text: '{ {a} } {{}} {{a b}}' }]],
  ])('%j has the pieces %j', (template, pieces) => {
    expect(parseTemplate(template)).toEqual(pieces);
  });
});
