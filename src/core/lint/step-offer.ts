import type { ClosedType } from '../expression.ts';
import type { Bench } from './finding.ts';
import { chunkOfOutput } from '../definitions.ts';
import type { StepDefinition } from '../definitions.ts';
import { usableChunk } from './output.ts';
import type { StepOffer } from './scope.ts';
import type { StageShape } from './stage-catalogue.ts';
import type { Target } from './target.ts';

/** What a `use` step offers to later steps. `use: output.chunk` offers what any of the known output configs would. */
export function offerOf(bench: Bench, target: Target): StepOffer {
  if (target.kind === 'unknown') return { text: 'unknown', facts: undefined, container: false };
  if (target.kind === 'chunk') return offer([target.shape]);
  return offer(
    [...bench.definitions.outputs.values()].flatMap(({ definition }) => {
      const used = usableChunk(bench, chunkOfOutput(definition));
      return used === undefined ? [] : [used.shape];
    }),
  );
}

/** What a loop with `until` reports of itself. */
export const loopFacts = ({ repeat }: StepDefinition): Readonly<Record<string, ClosedType>> =>
  repeat?.until === undefined ? {} : { rounds: 'number', met: 'boolean' };

function offer(shapes: readonly StageShape[]): StepOffer {
  const facts: Record<string, ClosedType> = {};
  for (const shape of shapes) {
    for (const [name, type] of Object.entries(shape.facts))
      facts[name] = facts[name] === undefined || facts[name] === type ? type : 'unknown';
  }
  const text = shapes.some((shape) => shape.writes === 'text') ? 'one' : 'none';
  return { text, facts, container: false };
}
