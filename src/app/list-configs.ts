import type { DefinitionProblem, Origin } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import { localText } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import type { Catalogue } from './context.ts';

/** A config as a person chooses it. */
export interface ListedConfig {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly pipeline: string;
  readonly outputs: readonly string[];
  readonly difficulty: number | null;
  readonly minAge: number | null;
  readonly origin: Origin;
  readonly digest: string;
}

/** Every config that loaded, in display order, and what did not load. */
export async function listConfigs(
  app: Catalogue,
): Promise<{ items: readonly ListedConfig[]; problems: readonly DefinitionProblem[] }> {
  const { definitions, problems } = await app.definitions.load();
  const order = (id: string): number =>
    definitions.configs.get(id)?.definition.display.order ?? Number.MAX_SAFE_INTEGER;
  const ids = [...definitions.configs.keys()].sort((a, b) => order(a) - order(b) || a.localeCompare(b));
  return { items: ids.flatMap((id) => listed(app, definitions.configs.get(id))), problems };
}

type Config = ReturnType<Awaited<ReturnType<Catalogue['definitions']['load']>>['definitions']['configs']['get']>;

function listed(app: Catalogue, config: Config): ListedConfig[] {
  if (config === undefined) return [];
  const { id, origin, digest, definition } = config;
  const { language } = app.settings;
  const { difficulty = null, minAge = null } = definition.display;
  return [
    {
      id,
      name: localText(definition.name, language),
      description: localText(definition.description, language),
      category: localText(definition.category, language),
      pipeline: definition.pipeline,
      outputs: definition.outputs,
      difficulty,
      minAge,
      origin,
      digest,
    },
  ];
}

/** One config with its texts in the language asked for, and its source. @throws {StemmaError} CONFIG_NOT_FOUND */
export async function showConfig(
  app: Catalogue,
  id: string,
): Promise<
  ListedConfig & { context: string; instruction: string; parameters: object; procedure: string | null; source: string }
> {
  const { definitions } = await app.definitions.load();
  const config = definitions.configs.get(id);
  const [row] = listed(app, config);
  if (config === undefined || row === undefined) {
    const near = nearest(id, [...definitions.configs.keys()]);
    throw new StemmaError('CONFIG_NOT_FOUND', `There is no config "${id}".`, {
      hint: near === undefined ? '`stemma configs list` shows them all.' : `Did you mean "${near}"?`,
    });
  }
  const { context, instruction, parameters, procedure = null } = config.definition;
  const { language } = app.settings;
  const texts = { context: localText(context, language), instruction: localText(instruction, language) };
  return { ...row, ...texts, parameters, procedure, source: config.text };
}

/** Every problem of the definitions in force, or of a file or folder. */
export async function validateDefinitions(app: Catalogue, path?: string): Promise<readonly DefinitionProblem[]> {
  return path === undefined ? (await app.definitions.load()).problems : app.definitions.lintPath(path);
}
