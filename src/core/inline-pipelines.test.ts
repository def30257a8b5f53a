import { expect, it } from 'vitest';
import { DEFINITION_KINDS, pipelineSchema } from './definitions.ts';
import type { Definitions } from './definitions.ts';
import { inlinePipelines } from './inline-pipelines.ts';

function definitionsWith(pipelines: { readonly [id: string]: readonly object[] }): Definitions {
  const empty = Object.fromEntries(DEFINITION_KINDS.map((kind) => [kind, new Map()])) as unknown as Definitions;
  const resolved = Object.entries(pipelines).map(([id, steps]) => {
    const definition = pipelineSchema.parse({ title: id, steps });
    return [id, { kind: 'pipelines', id, definition, origin: 'shipped', digest: '', text: `as written: ${id}` }];
  });
  return { ...empty, pipelines: new Map(resolved as []) };
}

const leaf = { id: 'leaf', use: 'x' };

it('puts the steps of a pipeline below each step that uses it, however deep', () => {
  const definitions = definitionsWith({
    outer: [leaf, { id: 'each', forEach: 2, steps: [{ id: 'in', pipeline: 'middle' }] }],
    middle: [{ id: 'again', pipeline: 'inner' }],
    inner: [leaf],
    lost: [{ id: 'gone', pipeline: 'nowhere' }],
  });
  const { pipelines } = inlinePipelines(definitions);
  const middle = [{ id: 'again', pipeline: 'inner', steps: [leaf] }];
  expect(pipelines.get('outer')).toMatchObject({
    text: 'as written: outer',
    definition: { steps: [leaf, { steps: [{ id: 'in', pipeline: 'middle', steps: middle }] }] },
  });
  expect(pipelines.get('middle')?.definition.steps).toEqual(middle);
  expect(pipelines.get('lost')?.definition.steps).toEqual([{ id: 'gone', pipeline: 'nowhere', steps: [] }]);
});

it('refuses pipelines that use each other in a circle', () => {
  const definitions = definitionsWith({ a: [{ id: 'x', pipeline: 'b' }], b: [{ id: 'y', pipeline: 'a' }] });
  expect(() => inlinePipelines(definitions)).toThrow('a → b → a');
});
