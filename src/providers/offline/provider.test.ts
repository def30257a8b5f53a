import { afterAll, expect, test } from 'vitest';
import { factsSchema } from '../../core/schema.ts';
import type { Cleared, ProviderCallContext } from '../../core/stage.ts';
import { PROCEDURES } from './procedures/index.ts';
import { createOfflineProvider } from './provider.ts';

const provider = createOfflineProvider();
afterAll(() => provider.close?.());

const cleared = (text: string): Cleared => ({ text, verdict: { decision: 'pass' } }) as unknown as Cleared;
const context: ProviderCallContext = {
  model: 'm',
  seed: 7,
  stepKey: 'key',
  signal: new AbortController().signal,
  progress: () => {},
};
const written = (procedure: string, text = 'A small cat sits on the roof and the rain falls.') =>
  provider.offers['text.generate']?.call({ parts: [{ name: 'prompt', text: cleared(text) }], procedure }, context);

test('a procedure that is not there is named by no word of the request', async () => {
  const result = await written('Max.Mustermann');
  expect(result).toMatchObject({ ok: false, fault: { code: 'MODEL_MISSING', facts: { what: 'procedure' } } });
  expect(JSON.stringify(result)).not.toContain('Mustermann');
});

test('a style that is not there is named by no word of the request', async () => {
  const request = { prompt: cleared('a cat'), width: 256, height: 256, style: 'Max.Mustermann' };
  const result = await provider.offers['image.generate']?.call(request, context);
  expect(result).toMatchObject({ ok: false, fault: { code: 'MODEL_MISSING', facts: { what: 'style' } } });
  expect(JSON.stringify(result)).not.toContain('Mustermann');
});

test('what is known instead stands in facts that an event can hold', async () => {
  const image = { prompt: cleared('a cat'), width: 256, height: 256, style: 'none-such' };
  for (const result of [await written('none-such'), await provider.offers['image.generate']?.call(image, context)]) {
    if (result === undefined || result.ok) throw new Error('It should not have gone well.');
    expect(factsSchema.safeParse(result.fault.facts).error).toBeUndefined();
    expect(String(result.fault.facts['known']).split(',').length).toBeGreaterThan(1);
  }
});

test.each(Object.keys(PROCEDURES))('the facts of %s can stand in an event', async (procedure) => {
  for (const text of [
    'A small cat sits on the roof.',
    'Eine kleine Katze sitzt auf dem Dach.',
    'Un petit chat dort.',
  ]) {
    const result = await written(procedure, text);
    if (result?.ok !== true) throw new Error('It should have gone well.');
    expect(factsSchema.safeParse(result.value.facts ?? {}).error).toBeUndefined();
  }
});

test('the facts of a picture and of a detected language can stand in an event', async () => {
  const picture = await provider.offers['image.generate']?.call(
    { prompt: cleared('a cat'), width: 256, height: 256 },
    context,
  );
  const language = await provider.offers['text.translate']?.call({ text: cleared('a cat'), to: 'de' }, context);
  for (const result of [picture, language]) {
    if (result?.ok !== true) throw new Error('It should have gone well.');
    expect(factsSchema.safeParse(result.value.facts ?? {}).error).toBeUndefined();
  }
});
