/**
 * Holds definitions that have the right shape against each other and against the stages: names that nothing has,
 * references that lead nowhere, inputs that nothing gives. Pure: who has the files adds lines and columns.
 */
import { allSteps, DEFINITION_KINDS } from './definitions.ts';
import type { DefinitionKind, Definitions, Resolved } from './definitions.ts';
import { lintChunk } from './lint/chunk.ts';
import { lintConfig } from './lint/config.ts';
import type { Bench, Broken, Desk, Finding } from './lint/finding.ts';
import { lintOutput } from './lint/output.ts';
import { lintPipeline } from './lint/pipeline.ts';
import type { PipelineNeeds } from './lint/pipeline.ts';
import type { StageCatalogue } from './lint/stage-catalogue.ts';

export type { Broken, Finding } from './lint/finding.ts';
export { stageCatalogue } from './lint/stage-catalogue.ts';
export type { StageCatalogue, StageShape } from './lint/stage-catalogue.ts';

/**
 * Every problem of the set, kind by kind. A definition with a problem must not be loaded; one that depends on such a
 * definition, or on one of `broken`, has a problem too and says so. All others can be used as they are.
 *
 * @param broken - ids of files that could not be read or have the wrong shape
 */
export function lintDefinitions(
  definitions: Definitions,
  stages: StageCatalogue,
  broken?: Partial<Broken>,
): readonly Finding[] {
  const findings: Finding[] = [];
  const bench: Bench = { definitions, stages, broken: brokenSets(broken) };
  const deskFor = (kind: DefinitionKind, id: string): Desk => ({
    bench,
    report(path, message, suggestion) {
      findings.push({ kind, id, path, message, ...(suggestion === undefined ? {} : { suggestion }) });
      bench.broken[kind].add(id);
    },
  });
  const given = givenKeys(definitions);
  for (const [id, chunk] of definitions.chunks) lintChunk(deskFor('chunks', id), chunk, given.get(id) ?? new Set());
  for (const [id, output] of definitions.outputs) lintOutput(deskFor('outputs', id), output);
  const needs = new Map<string, PipelineNeeds>();
  for (const pipeline of innerFirst(definitions))
    needs.set(pipeline.id, lintPipeline(deskFor('pipelines', pipeline.id), pipeline, needs));
  for (const [id, config] of definitions.configs) lintConfig(deskFor('configs', id), config, needs);
  return findings;
}

/** Pipelines after those that they use. */
function innerFirst({ pipelines }: Definitions): readonly Resolved<'pipelines'>[] {
  const begun = new Set<string>();
  const visit = (id: string): readonly Resolved<'pipelines'>[] => {
    const pipeline = pipelines.get(id);
    if (pipeline === undefined || begun.has(id)) return [];
    begun.add(id);
    const used = allSteps(pipeline.definition.steps).flatMap((step) => step.pipeline ?? []);
    return [...used.flatMap(visit), pipeline];
  };
  return [...pipelines.keys()].flatMap(visit);
}

function brokenSets(broken: Partial<Broken> = {}): Bench['broken'] {
  const sets = DEFINITION_KINDS.map((kind) => [kind, new Set(broken[kind])] as const);
  return Object.fromEntries(sets) as Record<DefinitionKind, Set<string>>;
}

/** The keys of `with` by chunk, over all steps of all pipelines. */
function givenKeys(definitions: Definitions): ReadonlyMap<string, ReadonlySet<string>> {
  const given = new Map<string, Set<string>>();
  const steps = [...definitions.pipelines.values()].flatMap(({ definition }) => allSteps(definition.steps));
  for (const { use, with: inputs } of steps) {
    if (use === undefined || inputs === undefined) continue;
    given.set(use, new Set([...(given.get(use) ?? []), ...Object.keys(inputs)]));
  }
  return given;
}
