import { join } from 'node:path';
import { parse } from 'yaml';
import { StemmaError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { readSettingsFile } from './settings-file.ts';
import type { SettingValues } from './settings-file.ts';
import { SETTING_KEYS, settingsSchema } from './settings-schema.ts';
import type { SettingKey, Settings } from './settings-schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SettingSource = 'flag' | 'environment' | 'data' | 'user' | 'default';

export interface SettingsInput {
  readonly dataDirectory: string;
  readonly userDirectory: string;
  readonly env: Environment;
  /** By key, such as `safety.level`; undefined counts as not given. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Where each key's value comes from. */
  readonly sources: Readonly<Record<string, SettingSource>>;
  /** What looks like a mistake but stops nothing, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * The settings in force: flag, else environment (`STEMMA_SAFETY_LEVEL`), else `<data>/settings.yaml`, else the
 * user's own `settings.yaml`, else the default, for each key by itself.
 *
 * Lists in the environment are separated by commas.
 *
 * @throws {StemmaError} INPUT_INVALID for a file with a mistake (file, line, column) or a flag or variable that does
 * not fit · FORBIDDEN for a file that cannot be read
 */
export async function loadSettings(input: SettingsInput): Promise<LoadedSettings> {
  const [data, user] = await Promise.all([
    readSettingsFile(join(input.dataDirectory, 'settings.yaml')),
    readSettingsFile(join(input.userDirectory, 'settings.yaml')),
  ]);
  const layers: readonly (readonly [SettingSource, SettingValues])[] = [
    ['flag', fromFlags(input.flags ?? {})],
    ['environment', fromEnvironment(input.env)],
    ['data', data],
    ['user', user],
  ];
  const sources: Record<string, SettingSource> = {};
  const chosen: Record<string, unknown> = {};
  for (const setting of SETTING_KEYS) {
    const [source, values] = layers.find(([, layer]) => layer.has(setting.key)) ?? (['default', undefined] as const);
    sources[setting.key] = source;
    put(chosen, setting.path, values === undefined ? setting.default : values.get(setting.key));
  }
  return { settings: settingsSchema.parse(chosen), sources, problems: mistypedVariables(input.env) };
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    into[name] = value;
    return;
  }
  const section = (into[name] ?? {}) as Record<string, unknown>;
  into[name] = section;
  put(section, rest, value);
}

function fromFlags(flags: Readonly<Record<string, unknown>>): SettingValues {
  const values = new Map<string, unknown>();
  for (const [key, value] of Object.entries(flags)) {
    const setting = SETTING_KEYS.find((candidate) => candidate.key === key);
    if (setting === undefined)
      throw new StemmaError('INPUT_INVALID', `There is no setting "${key}" to give as a flag.`);
    if (value !== undefined) values.set(key, checked(setting, value, `The flag for ${key}`));
  }
  return values;
}

function fromEnvironment(env: Environment): SettingValues {
  const values = new Map<string, unknown>();
  for (const setting of SETTING_KEYS) {
    const text = env[setting.variable]?.trim() ?? '';
    if (text === '') continue;
    values.set(setting.key, checked(setting, fromText(setting, text), setting.variable));
  }
  return values;
}

/** A variable's text as the key takes it: as it is, or read as a value of a file, such as `{usd: 5, mode: ask}`. */
function fromText(setting: SettingKey, text: string): unknown {
  if (Array.isArray(setting.default)) return text.split(',').map((item) => item.trim());
  return setting.schema.safeParse(text).success ? text : fromYaml(text);
}

function fromYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text; // what the key expects is said by its schema
  }
}

function checked(setting: SettingKey, value: unknown, name: string): unknown {
  const result = setting.schema.safeParse(value);
  if (result.success) return result.data;
  throw new StemmaError('INPUT_INVALID', `${name} does not fit: ${result.error.issues[0]?.message ?? ''}.`, {
    facts: { key: setting.key },
    hint: `${setting.comment} The default is ${JSON.stringify(setting.default)}.`,
  });
}

function mistypedVariables(env: Environment): string[] {
  const known = SETTING_KEYS.map(({ variable }) => variable);
  return Object.keys(env)
    .filter((name) => name.startsWith('STEMMA_') && !known.includes(name) && (env[name] ?? '') !== '')
    .flatMap((name) => {
      const near = nearest(
        name.slice(7),
        known.map((variable) => variable.slice(7)),
      );
      return near === undefined ? [] : [`${name} is no setting and was passed over; did you mean STEMMA_${near}?`];
    });
}
