import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StemmaError } from '../../core/errors.ts';
import { loadSettings } from './load-settings.ts';
import type { LoadedSettings, SettingsInput } from './load-settings.ts';
import { primaryLanguage } from './primary-language.ts';
import { SETTING_KEYS, settingsSchema } from './settings-schema.ts';
import { defaultSettingsText } from './settings-text.ts';

interface Given extends Partial<Pick<SettingsInput, 'env' | 'flags'>> {
  readonly data?: string;
  readonly user?: string;
}

async function load({ data, user, env = {}, flags = {} }: Given): Promise<LoadedSettings> {
  await using root = await mkdtempDisposable(join(tmpdir(), 'stemma-settings-'));
  const [dataDirectory, userDirectory] = [join(root.path, 'data'), join(root.path, 'user')];
  await mkdir(dataDirectory);
  await mkdir(userDirectory);
  if (data !== undefined) await writeFile(join(dataDirectory, 'settings.yaml'), data);
  if (user !== undefined) await writeFile(join(userDirectory, 'settings.yaml'), user);
  return await loadSettings({ dataDirectory, userDirectory, env, flags });
}

async function refusal(given: Given): Promise<StemmaError> {
  const thrown = await load(given).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(thrown instanceof StemmaError)) throw new Error('nothing was refused', { cause: thrown });
  return thrown;
}

describe('settings', () => {
  test('have defaults, and say so', async () => {
    const { settings, sources, problems } = await load({});
    expect(settings).toEqual({
      language: { primary: 'auto', supported: ['de', 'en'] },
      safety: { level: 'youth', jurisdiction: 'de' },
      profile: 'offline',
      limits: {
        inputBytes: 262_144,
        artifactBytes: 2_147_483_648,
        concurrency: {},
        roomConcurrency: 'none',
        callsPerMinute: {},
        tokensPerMinute: {},
        vramMb: 'none',
      },
      budgets: { day: 'none', run: 'none', config: 'none', room: 'none', person: 'none' },
      time: { zone: 'auto' },
      workers: { slots: 8 },
      privacy: { search: 'on' },
      telemetry: { content: 'off', otlp: { endpoint: 'none' } },
    });
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
    expect(problems).toEqual([]);
  });

  test('need no directories', async () => {
    const nowhere = join(tmpdir(), 'stemma-nowhere');
    const input = { dataDirectory: nowhere, userDirectory: nowhere, env: {} };
    expect((await loadSettings(input)).settings.profile).toBe('offline');
  });

  test('come from flag, environment, data, user and default, in this order', async () => {
    const { settings, sources } = await load({
      user: 'profile: user\nsafety: { level: kids, jurisdiction: de }\nworkers: { slots: 1 }\nlimits: { inputBytes: 10 }',
      data: 'profile: data\nsafety: { level: adult }\nworkers: { slots: 2 }',
      env: { STEMMA_PROFILE: 'environment', STEMMA_SAFETY_LEVEL: 'research' },
      flags: { profile: 'flag', 'limits.artifactBytes': undefined },
    });
    expect(settings).toMatchObject({
      profile: 'flag',
      safety: { level: 'research', jurisdiction: 'de' },
      workers: { slots: 2 },
      limits: { inputBytes: 10 },
    });
    expect(sources).toMatchObject({
      profile: 'flag',
      'safety.level': 'environment',
      'workers.slots': 'data',
      'safety.jurisdiction': 'user',
      'limits.artifactBytes': 'default',
    });
  });

  test('stand in sections inside of sections', async () => {
    const endpoint = 'https://collector.example:4318';
    const { settings } = await load({
      data: `telemetry:\n  otlp:\n    endpoint: ${endpoint}\n`,
      env: { STEMMA_TELEMETRY_CONTENT: 'on' },
    });
    expect(settings.telemetry).toEqual({ content: 'on', otlp: { endpoint } });
    const refused = await refusal({ env: { STEMMA_TELEMETRY_OTLP_ENDPOINT: 'ftp://collector.example' } });
    expect(refused.message).toContain('is no address of a collector');
  });

  test('from the environment have the kind of their key', async () => {
    const env = { STEMMA_LIMITS_INPUT_BYTES: '1000', STEMMA_LANGUAGE_SUPPORTED: 'de, fr', STEMMA_PROFILE: '' };
    const { settings, sources } = await load({ env });
    expect(settings.limits.inputBytes).toBe(1000);
    expect(settings.language.supported).toEqual(['de', 'fr']);
    const money = {
      STEMMA_BUDGETS_DAY: '5',
      STEMMA_BUDGETS_RUN: '{usd: 1, mode: ask}',
      STEMMA_LIMITS_VRAM_MB: '16000',
    };
    expect((await load({ env: money })).settings).toMatchObject({
      budgets: { day: { usd: 5, mode: 'halt' }, run: { usd: 1, mode: 'ask' }, room: 'none' },
      limits: { vramMb: 16_000 },
    });
    expect(sources['profile']).toBe('default');
  });

  test('may leave a section or a value empty', async () => {
    const { settings } = await load({ data: 'safety:\nworkers:\n  slots:\nprofile:\n', user: '# nothing\n' });
    expect(settings.safety.level).toBe('youth');
    expect(settings.workers.slots).toBe(8);
  });

  test('take only a jurisdiction that has a policy, and name those there are', async () => {
    const inFile = await refusal({ user: 'safety:\n  jurisdiction: at\n' });
    expect(inFile).toMatchObject({ code: 'INPUT_INVALID', facts: { line: 2, column: 17 } });
    expect(inFile.message).toMatch(/"safety\.jurisdiction" has no policy here: .*\bde\./);
    const inVariable = await refusal({ env: { STEMMA_SAFETY_JURISDICTION: 'ch' } });
    expect(inVariable.message).toMatch(/STEMMA_SAFETY_JURISDICTION.*\bde\./);
  });

  test('follow anchors', async () => {
    const { settings } = await load({ data: 'language:\n  supported: &all [fr, de]\n  primary: fr\n' });
    expect(settings.language.supported).toEqual(['fr', 'de']);
  });
});

describe('a mistake in settings', () => {
  test.each([
    ['safety:\n  levle: kids\n', '2:3', 'Did you mean safety.level?'],
    ['profil: offline\n', '1:1', 'Did you mean profile?'],
    ['colour: red\n', '1:1', 'stemma settings'],
    ['safety:\n  level: strict\n', '2:10', 'stemma settings'],
    ['workers:\n  slots: many\n', '2:10', 'stemma settings'],
    ['workers: 8\n', '1:10', 'stemma settings'],
    ['- a\n', '1:1', 'stemma settings'],
    ['profile: offline\nsafety: [\n', '3:1', 'stemma settings'],
    ['profile: a\nprofile: b\n', '2:1', 'stemma settings'],
  ])('in %j is named with line and column %s', async (data, place, hint) => {
    const refused = await refusal({ data });
    const [line, column] = place.split(':').map(Number);
    expect(refused).toMatchObject({ code: 'INPUT_INVALID', facts: { line, column } });
    expect(refused.message).toContain(join('data', `settings.yaml:${place}: `));
    expect(refused.hint).toContain(hint);
    expect(refused.message).not.toContain('\n');
  });

  test('in a variable or a flag is named with it', async () => {
    const variable = await refusal({ env: { STEMMA_WORKERS_SLOTS: 'many' } });
    expect(variable).toMatchObject({ code: 'INPUT_INVALID', facts: { key: 'workers.slots' } });
    expect(variable.message).toContain('STEMMA_WORKERS_SLOTS');
    expect((await refusal({ flags: { 'safety.level': 'strict' } })).message).toContain('safety.level');
    expect((await refusal({ flags: { 'safety.levle': 'kids' } })).code).toBe('INPUT_INVALID');
  });

  test('in the name of a variable stops nothing and is told', async () => {
    const { problems } = await load({ env: { STEMMA_SAFTY_LEVEL: 'kids', STEMMA_DATA: '/x', STEMMA_DEBUG: '1' } });
    expect(problems).toEqual([expect.stringContaining('did you mean STEMMA_SAFETY_LEVEL?')]);
  });

  test('by many aliases is refused', async () => {
    const level = (name: string, of: string): string =>
      `&${name} [${Array.from({ length: 20 }, () => `*${of}`).join()}]`;
    const text = `language:\n  supported: [&a [x], ${level('b', 'a')}, ${level('c', 'b')}, ${level('d', 'c')}]`;
    expect((await refusal({ user: text })).code).toBe('INPUT_INVALID');
  });
});

describe('the default settings file', () => {
  test('says nothing until a # is taken away', async () => {
    expect((await load({ data: defaultSettingsText() })).sources).toEqual((await load({})).sources);
  });

  test('shows every key with comment and default', async () => {
    const uncommented = defaultSettingsText().replaceAll(/^( *)# (\w+: )/gm, '$1$2');
    const { settings, sources } = await load({ data: uncommented });
    expect(settings).toEqual(settingsSchema.parse({}));
    const shown = Object.keys(sources).filter((key) => sources[key] === 'data');
    expect(shown).toEqual(SETTING_KEYS.map(({ key }) => key));
    for (const { comment } of SETTING_KEYS) expect(defaultSettingsText()).toContain(comment);
  });

  test('sets what was chosen', async () => {
    const { settings, sources } = await load({ data: defaultSettingsText({ 'language.primary': 'de' }) });
    expect(settings.language.primary).toBe('de');
    expect(Object.values(sources).filter((source) => source === 'data')).toHaveLength(1);
  });
});

describe('the primary language', () => {
  const auto = settingsSchema.parse({});

  test.each([
    [{ LANG: 'de_DE.UTF-8' }, 'de'],
    [{ LANG: 'de' }, 'de'],
    [{ LC_ALL: '', LC_MESSAGES: 'en_GB', LANG: 'de_DE' }, 'en'],
    [{ LC_ALL: 'de_AT@euro', LANG: 'en_US' }, 'de'],
    [{ LANG: 'fr_FR' }, 'en'],
    [{ LANG: 'C.UTF-8' }, 'en'],
    [{ LANG: 'POSIX' }, 'en'],
    [{}, 'de'],
  ])('under %j is %s', (env, language) => {
    expect(primaryLanguage(auto, env, 'de-CH')).toBe(language);
  });

  test('is the one that is set', () => {
    const set = settingsSchema.parse({ language: { primary: 'fr' } });
    expect(primaryLanguage(set, { LANG: 'de_DE' })).toBe('fr');
  });

  test('comes from the system when no variable is set', () => {
    expect(['de', 'en']).toContain(primaryLanguage(auto, {}));
  });
});
