import { describe, expect, it } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import { testStage, done } from '../../test/support/test-stages.ts';
import { listStages, stageInfo } from './list-stages.ts';

const odd = testStage('acme.odd', () => done(), { writes: 'nothing', version: 3 });

describe('the stages', () => {
  it('are listed by type, with those of extensions', async () => {
    await using app = await openTestApp({ stages: [odd] });
    const types = listStages(app).map(({ type }) => type);
    expect(types).toEqual([...types].toSorted());
    expect(types).toHaveLength(app.stages.length);
    expect(types).toEqual(expect.arrayContaining(['acme.odd', 'text.interception', 'safety.input']));
  });

  it('say what people who write chunks need', async () => {
    await using app = await openTestApp();
    const { title, inputs, settings, ...info } = stageInfo(app, 'text.interception');
    expect(info).toMatchObject({ type: 'text.interception', writes: 'text', calls: 'text.generate' });
    expect(title).not.toBe('');
    expect(inputs).toContainEqual({ name: 'prompt', kind: 'artifact', required: true });
    expect(settings).toEqual(expect.arrayContaining(['maxTokens', 'procedure', 'temperature']));
    const german = stageInfo({ ...app, settings: { ...app.settings, language: 'de' } }, 'text.interception');
    expect(german.title).not.toBe(title);
  });

  it('say that they call nothing and what they lack', async () => {
    await using app = await openTestApp({ stages: [odd] });
    expect(stageInfo(app, 'acme.odd')).toMatchObject({ version: 3, title: 'acme.odd', description: '', calls: null });
    const bare = { ...app, catalogue: new Map() };
    expect(stageInfo(bare, 'acme.odd')).toMatchObject({ inputs: [], settings: [], facts: {} });
  });

  it.each([
    { type: 'text.intercepton', hint: 'Did you mean "text.interception"?' },
    { type: 'carpentry', hint: '`stemma stages list` shows them all.' },
  ])('that are not there, $type, have a hint', async ({ type, hint }) => {
    await using app = await openTestApp();
    expect(() => stageInfo(app, type)).toThrow(expect.objectContaining({ code: 'NOT_FOUND', hint }));
  });
});
