import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StemmaError } from './errors.ts';
import { checkExpression, evaluateExpression, parseExpression, referencesOf } from './expression.ts';
import type { ClosedType, ClosedValue } from './expression.ts';
import { referenceText } from './references.ts';

const VALUES: Readonly<Record<string, ClosedValue>> = {
  'parameters.size': 3,
  'parameters.mode': 'soft',
  'output.optimize': true,
  'steps.check.facts.hits': 0,
  'steps.check.facts.note': null,
  'input.text': 1,
};
const TYPES: Readonly<Record<string, ClosedType>> = {
  'parameters.size': 'number',
  'parameters.mode': 'string',
  'output.optimize': 'boolean',
  'steps.check.facts.hits': 'number',
  'steps.check.facts.note': 'null',
  'steps.check.facts.any': 'unknown',
  'input.text': 'number',
};
const evaluate = (text: string): boolean =>
  evaluateExpression(parseExpression(text), (reference) => VALUES[referenceText(reference)]);
const check = (text: string): readonly string[] =>
  checkExpression(parseExpression(text), (reference) => TYPES[referenceText(reference)]);

function faultOf(text: string): StemmaError {
  try {
    parseExpression(text);
  } catch (thrown) {
    if (thrown instanceof StemmaError) return thrown;
  }
  throw new Error(`"${text}" was accepted`);
}

describe('what a condition means', () => {
  it.each([
    ['true', true],
    ['false', false],
    ['output.optimize', true],
    ['parameters.size', false],
    ['not output.optimize', false],
    ['not not output.optimize', true],
    ['parameters.size == 3', true],
    ['parameters.size == -3.5', false],
    ['parameters.size != 3', false],
    ['parameters.size < 4', true],
    ['parameters.size < 3', false],
    ['parameters.size <= 3', true],
    ['parameters.size > 3', false],
    ['parameters.size >= 3', true],
    ["parameters.mode == 'soft'", true],
    ['parameters.mode == "hard"', false],
    ["parameters.mode in ['hard', 'soft']", true],
    ["parameters.mode in ['hard']", false],
    ['parameters.size in [1, parameters.size]', true],
    ['not parameters.size == 4', true],
    ['false and false or true', true],
    ['false and (false or true)', false],
    ['true or parameters.missing', true],
    ['false or false', false],
    ['true and true', true],
    ['(((input.text))) >= 1', true],
    ['steps.check.facts.hits == 0 and output.optimize', true],
    ['parameters.size<4', true],
  ])('%s is %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each([
    ['steps.gone.facts.hits', false],
    ['steps.gone.facts.hits == steps.gone.facts.hits', false],
    ['steps.gone.facts.hits != 1', true],
    ['steps.gone.facts.hits < 1', false],
    ['1 < steps.gone.facts.hits', false],
    ['steps.gone.facts.hits in [steps.gone.facts.hits]', false],
    ['not steps.gone.facts.hits', true],
  ])('a value that is not there: %s is %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });
});

describe('what is no condition', () => {
  it.each<[string, number, [string, string]]>([
    ['', 1, ['a value', 'the end']],
    ['   ', 1, ['a value', 'the end']],
    ['parameters.size >', 18, ['a value', 'the end']],
    ['parameters.size > > 3', 19, ['a value', '>']],
    ['parameters.size = 3', 17, ['a value or an operator', '=']],
    ['parameters.size == 3 3', 22, ['`and`, `or`, a comparison or the end', '3']],
    ['1 < 2 < 3', 7, ['`and`, `or`, a comparison or the end', '<']],
    ['(true', 6, ['`)`', 'the end']],
    ['true)', 5, ['`and`, `or`, a comparison or the end', ')']],
    ['parameters.size in 3', 20, ['a list such as [1, 2]', '3']],
    ['parameters.size in []', 21, ['a value', ']']],
    ['parameters.size in [1 2]', 23, ['`,` or `]`', '2']],
    ['count(outputs) > 1', 1, ['a reference such as parameters.size or steps.check.facts.count', 'count']],
    ['steps.check.hits', 1, ['a reference such as parameters.size or steps.check.facts.count', 'steps.check.hits']],
    ['true and or', 10, ['a value', 'or']],
    ["parameters.mode == 'open", 20, ['a value or an operator', "'"]],
    ['3px', 1, ['a value or an operator', '3']],
  ])('%j: at %i expected and found %j', (text, position, [expected, found]) => {
    const fault = faultOf(text);
    expect(fault.code).toBe('DEFINITION_INVALID');
    expect(fault.facts).toEqual({ position });
    expect(fault.message).toBe(`Expected ${expected} at position ${position}, found ${found}.`);
  });

  it('is refused when it is too long', () => {
    expect(faultOf(`true${' or true'.repeat(200)}`).message).toContain('1000 characters at most');
  });

  it('is refused when it is nested too deeply', () => {
    expect(faultOf(`${'('.repeat(40)}true${')'.repeat(40)}`).message).toContain('at most 32 levels');
    expect(faultOf(`${'not '.repeat(40)}true`).message).toContain('at most 32 levels');
  });
});

describe('the types of a condition', () => {
  it.each([
    'output.optimize',
    'not output.optimize',
    'parameters.size > 2 and parameters.mode != "x"',
    'steps.check.facts.any',
    'steps.check.facts.any == 1 or steps.check.facts.any == "x"',
    'steps.check.facts.any > 2',
    'parameters.mode in ["a", steps.check.facts.any]',
    'input.text > 0',
  ])('%s fits', (text) => {
    expect(check(text)).toEqual([]);
  });

  it.each([
    ['parameters.size', 'A condition must be true or false as a whole; compare the value with something.'],
    ['parameters.size == "3"', 'A number is compared with a string; they are never equal.'],
    ['steps.check.facts.note == 1', 'A null is compared with a number; they are never equal.'],
    ['parameters.size in [1, "2"]', 'A number is compared with a string; they are never equal.'],
    ['not parameters.size', '`not` needs true or false on each side, not a number.'],
    ['output.optimize and parameters.mode', '`and` needs true or false on each side, not a string.'],
    ['parameters.mode or output.optimize', '`or` needs true or false on each side, not a string.'],
    ['steps.gone.facts.x == 1', '"steps.gone.facts.x" does not exist here.'],
    ...['previous.text', 'config.context', 'outputs', 'steps.check.text'].map((text) => [
      `${text} == "x"`,
      `"${text}" is a text; conditions read facts, parameters, output fields and input counts.`,
    ]),
  ])('%s: %s', (text, problem) => {
    expect(check(text)).toEqual([problem]);
  });

  it('says for both sides that an order needs numbers', () => {
    expect(check('parameters.mode < "z"')).toEqual([
      '`<` compares numbers, not a string.',
      '`<` compares numbers, not a string.',
    ]);
  });
});

it('lists its references in order', () => {
  const expression = parseExpression(
    'not output.optimize and parameters.a in [1, parameters.b] or steps.c.facts.d == input.text',
  );
  expect(referencesOf(expression).map(referenceText)).toEqual([
    'output.optimize',
    'parameters.a',
    'parameters.b',
    'steps.c.facts.d',
    'input.text',
  ]);
});

it('either parses or says where it does not, whatever the text is', () => {
  const words = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    ',',
    'and',
    'or',
    'not',
    'in',
    '==',
    '<',
    '1',
    '"a"',
    'parameters.x',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(words).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        evaluateExpression(parseExpression(text), () => undefined);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(StemmaError);
      }
    }),
  );
});
