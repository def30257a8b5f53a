import { chunkOfOutput } from '../definitions.ts';
import type { ConfigDefinition, Resolved } from '../definitions.ts';
import { checkExpression, referencesOf } from '../expression.ts';
import type { ClosedType } from '../expression.ts';
import { placeholdersOf } from './chunk.ts';
import { checkNamed, suggest } from './finding.ts';
import type { Bench, Desk } from './finding.ts';
import { lacksOf } from './inputs.ts';
import { usableChunk } from './output.ts';
import type { UsableChunk } from './output.ts';
import type { ParameterRead, PipelineNeeds } from './pipeline.ts';
import { OUTPUT_CHUNK } from './target.ts';

/** One config with what its pipeline needs. */
interface Case {
  readonly desk: Desk;
  readonly config: ConfigDefinition;
  readonly needs: PipelineNeeds;
  /** The chunks of its outputs, as far as they can be used. */
  readonly outputChunks: readonly string[];
}

/** `needs`: what the pipelines that loaded need, by id. */
export function lintConfig(desk: Desk, config: Resolved<'configs'>, needsOf: ReadonlyMap<string, PipelineNeeds>): void {
  const { definition } = config;
  const known = checkNamed(desk, { path: ['pipeline'], kind: 'pipelines', id: definition.pipeline });
  const outputs = definition.outputs.filter((id, index) =>
    checkNamed(desk, { path: ['outputs', index], kind: 'outputs', id }),
  );
  const needs = needsOf.get(definition.pipeline);
  if (!known || needs === undefined) return;
  const outputChunks = outputs.flatMap((id) => chunksOfOutput(desk.bench, id));
  const study: Case = { desk, config: definition, needs, outputChunks };
  checkOutputLoops(study);
  checkOutputSteps(study);
  checkReads(study);
  checkConditions(study);
  // With an output missing nobody knows what its stage would have read.
  if (outputs.length === definition.outputs.length) checkUnread(study);
}

function chunksOfOutput(bench: Bench, id: string): readonly string[] {
  const output = bench.definitions.outputs.get(id);
  return output === undefined ? [] : [chunkOfOutput(output.definition)];
}

/** Outputs that nothing would make, and outputs of another medium than the pipeline makes of each. */
function checkOutputLoops({ desk, config, needs }: Case): void {
  const { pipeline, outputs } = config;
  if (outputs.length > 0 && needs.outputLoops.size === 0)
    desk.report(
      ['outputs'],
      `nothing in the pipeline "${pipeline}" makes outputs`,
      'Leave `outputs` out, or choose a pipeline with `forEach: outputs`.',
    );
  for (const [index, id] of outputs.entries()) {
    const medium = desk.bench.definitions.outputs.get(id)?.definition.medium;
    for (const made of needs.mediaSteps.filter((one) => medium !== undefined && one.medium !== medium))
      desk.report(
        ['outputs', index],
        `the step "${made.step}" of the pipeline "${pipeline}" makes ${made.medium} for every output, but "${id}" is ${medium}`,
        'Write `use: output.chunk` in the pipeline, or choose an output of that medium.',
      );
  }
}

/** The chunk of each output, in the place where the pipeline runs it. */
function checkOutputSteps({ desk, config, needs }: Case): void {
  for (const [index, id] of config.outputs.entries()) {
    for (const chunk of chunksOfOutput(desk.bench, id)) {
      for (const lack of needs.outputSteps.flatMap((place) => lacksIn(desk.bench, chunk, place)))
        desk.report(['outputs', index], `${lack} of the chunk "${chunk}", which makes the output "${id}"`);
    }
  }
}

function lacksIn(bench: Bench, id: string, place: PipelineNeeds['outputSteps'][number]): readonly string[] {
  const used = usableChunk(bench, id);
  if (used === undefined) return [];
  return lacksOf(used, place.step, place.scope).map(({ message }) => `in the step "${place.step.id}" ${message}`);
}

/** Every `parameters.<name>` of the pipeline has a value, and a number where one is needed. */
function checkReads(study: Case): void {
  const reported = new Set<string>();
  for (const read of study.needs.reads) {
    const problem = readProblem(study, read);
    if (problem === undefined || reported.has(read.name)) continue;
    reported.add(read.name);
    const own = study.config.parameters[read.name] !== undefined;
    study.desk.report(own ? ['parameters', read.name] : ['parameters'], problem);
  }
}

function readProblem(study: Case, read: ParameterRead): string | undefined {
  const { pipeline } = study.config;
  const values = valuesOf(study, read);
  if (values.includes(undefined))
    return `the step "${read.step}" of the pipeline "${pipeline}" reads parameters.${read.name}, which has no value: add it`;
  const wrong = values.find((value) => read.wants === 'number' && typeof value !== 'number');
  return wrong === undefined
    ? undefined
    : `the step "${read.step}" of the pipeline "${pipeline}" needs a number in parameters.${read.name}, not ${JSON.stringify(wrong)}`;
}

type Closed = ConfigDefinition['parameters'][string];

/** The value the reading step gets; several when it runs the chunk of each output; undefined when there is none. */
function valuesOf({ config, outputChunks, desk }: Case, read: ParameterRead): readonly (Closed | undefined)[] {
  const own = config.parameters[read.name];
  if (own !== undefined) return [own];
  const defaultOf = (chunk: string): Closed | undefined =>
    desk.bench.definitions.chunks.get(chunk)?.definition.defaults[read.name];
  if (read.chunk === OUTPUT_CHUNK) return outputChunks.map(defaultOf);
  return [read.chunk === undefined ? undefined : defaultOf(read.chunk)];
}

/** Conditions once more, now that the parameters have types. */
function checkConditions({ desk, config, needs }: Case): void {
  for (const { step, expression } of needs.conditions) {
    if (!referencesOf(expression).some((reference) => reference.root === 'parameters')) continue;
    const problems = checkExpression(expression, (reference) =>
      reference.root === 'parameters' ? closedType(config.parameters[reference.name]) : 'unknown',
    );
    for (const problem of problems)
      desk.report(
        ['parameters'],
        `in the condition of the step "${step}" of the pipeline "${config.pipeline}": ${problem}`,
      );
  }
}

function closedType(value: Closed | undefined): ClosedType {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return value === undefined ? 'unknown' : 'string';
}

/** A parameter that neither the pipeline nor a stage reads is a mistake in its name. */
function checkUnread(study: Case): void {
  const known = knownParameters(study);
  for (const name of Object.keys(study.config.parameters)) {
    if (!known.has(name))
      study.desk.report(
        ['parameters', name],
        `nothing in the pipeline "${study.config.pipeline}" reads the parameter "${name}"`,
        suggest(name, known),
      );
  }
}

/** Names the pipeline reads, settings of its stages, and of the stages that make the outputs. */
function knownParameters({ desk, config, needs, outputChunks }: Case): ReadonlySet<string> {
  const { bench } = desk;
  const chunks = new Set(needs.chunks);
  if (needs.outputSteps.length > 0) {
    const anyOutput = [...bench.definitions.outputs.keys()].flatMap((id) => chunksOfOutput(bench, id));
    for (const chunk of config.outputs.length > 0 ? outputChunks : anyOutput) chunks.add(chunk);
  }
  const names = new Set(needs.reads.map((read) => read.name));
  for (const id of chunks) {
    const used = usableChunk(bench, id);
    for (const name of used === undefined ? [] : [...used.shape.settings, ...templateParameters(used)]) names.add(name);
  }
  return names;
}

/** The chunk of an output is not a step of the pipeline, so its template's references are looked up here. */
const templateParameters = ({ chunk }: UsableChunk): readonly string[] =>
  placeholdersOf(chunk).flatMap(({ reference }) => (reference?.root === 'parameters' ? [reference.name] : []));
