/** The pipelines that the kit runs, as the definitions of a run. */
import { canonicalJson } from '../../core/canonical.ts';
import { DEFINITION_SCHEMAS } from '../../core/definitions.ts';
import type { DefinitionKind, DefinitionOf, Definitions, Resolved } from '../../core/definitions.ts';
import { toHex } from '../../core/ids.ts';
import type { Sha256 } from '../../core/ids.ts';
import type { DefinitionSet } from '../../core/ports.ts';
import { kitDigest } from '../system.ts';

export const PROVIDER = 'kit';
/** How the kit's provider behaves, each under the name of a model. */
export const MANNERS = ['good', 'hang', 'late', 'twice', 'garbage', 'half', 'throw'] as const;
export type Manner = (typeof MANNERS)[number];

const QUICK_RETRY = { maxAttempts: 3, backoff: 'fixed', baseMs: 20, maxMs: 20 };
/** Shorter than what a late provider takes. */
const ANSWER_WITHIN_MS = 1000;

/** Several steps, a loop, a step that fails once, a wait for time, three outputs side by side. */
const SCRIPT = {
  title: 'A script to be killed in',
  steps: [
    { id: 'first', use: 'effect' },
    { id: 'link', use: 'effect', repeat: { times: 3 } },
    { id: 'flaky', use: 'flaky', retry: QUICK_RETRY },
    { id: 'nap', use: 'nap' },
    {
      id: 'outputs',
      forEach: 'outputs',
      concurrency: 3,
      steps: [
        { id: 'prepare', use: 'effect' },
        { id: 'make', use: 'output.chunk' },
      ],
    },
  ],
};

/** One call to a provider of doubtful manners between two plain steps. */
const CALL = {
  title: 'A call to a provider',
  steps: [
    { id: 'first', use: 'effect' },
    { id: 'ask', use: 'ask', retry: { ...QUICK_RETRY, maxAttempts: 2 }, timeoutMs: ANSWER_WITHIN_MS },
    { id: 'last', use: 'effect' },
  ],
};

export const OUTPUTS = ['one', 'two', 'three'] as const;

const output = { name: 'An end', medium: 'text', chunk: 'effect' };
const profileOf = (manner: Manner): object => ({ name: manner, roles: { any: [`${PROVIDER}/${manner}`] } });

const ALL: { readonly [K in DefinitionKind]: { readonly [id: string]: object } } = {
  chunks: {
    effect: { stage: 'kit.effect' },
    flaky: { stage: 'kit.flaky' },
    nap: { stage: 'kit.nap' },
    ask: { stage: 'kit.ask', role: 'any' },
  },
  pipelines: { script: SCRIPT, call: CALL },
  configs: { script: { name: 'Script', pipeline: 'script' }, call: { name: 'Call', pipeline: 'call' } },
  outputs: Object.fromEntries(OUTPUTS.map((id) => [id, output])),
  profiles: Object.fromEntries(MANNERS.map((manner) => [manner, profileOf(manner)])),
};

const digestOf = (text: string): Sha256 => toHex(kitDigest.sha256(text)) as Sha256;

/** Every definition of the kit, as a run is stored with it. */
export const SCRIPT_DEFINITIONS: DefinitionSet = assemble();

function assemble(): DefinitionSet {
  const files = Object.entries(ALL).flatMap(([kind, definitions]) =>
    Object.entries(definitions).map(([id, definition]) => {
      const text = JSON.stringify(definition);
      return { kind, id, origin: 'shipped', digest: digestOf(text), text };
    }),
  );
  return { digest: digestOf(canonicalJson(files)), files };
}

/** The definitions as the store gives them back. */
export function restoreDefinitions({ files }: DefinitionSet): Definitions {
  const ofKind = <K extends DefinitionKind>(kind: K): ReadonlyMap<string, Resolved<K>> =>
    new Map(
      files
        .filter((file) => file.kind === kind)
        .map(({ id, digest, text }) => {
          const definition = DEFINITION_SCHEMAS[kind].parse(JSON.parse(text)) as DefinitionOf[K];
          return [id, { kind, id, definition, origin: 'shipped', digest, text }];
        }),
    );
  return {
    chunks: ofKind('chunks'),
    pipelines: ofKind('pipelines'),
    configs: ofKind('configs'),
    outputs: ofKind('outputs'),
    profiles: ofKind('profiles'),
  };
}
