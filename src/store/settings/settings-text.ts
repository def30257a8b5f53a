import { stringify } from 'yaml';
import { SETTING_KEYS } from './settings-schema.ts';
import type { SettingKey } from './settings-schema.ts';

const HEAD = `# Settings of this data directory. Every key is shown with its default; take the # away to set it.
# A flag or a variable such as STEMMA_SAFETY_LEVEL goes before what stands here.
`;

/**
 * The settings file that a new data directory gets: every key with a comment and its default, commented out so that
 * later defaults and the user's own settings still count; keys in `chosen` are set.
 */
export function defaultSettingsText(chosen: Readonly<Record<string, unknown>> = {}): string {
  const lines: string[] = [];
  let above: readonly string[] = [];
  for (const setting of SETTING_KEYS) {
    if (setting.path[0] !== above[0]) lines.push('');
    lines.push(...newSections(setting.path.slice(0, -1), above), ...linesOf(setting, chosen));
    above = setting.path;
  }
  return `${HEAD}${lines.join('\n')}\n`;
}

/** The heads of the sections that the setting before did not stand in. */
function newSections(sections: readonly string[], above: readonly string[]): string[] {
  const first = sections.findIndex((name, depth) => name !== above[depth]);
  return first < 0 ? [] : sections.slice(first).map((name, at) => `${'  '.repeat(first + at)}${name}:`);
}

function linesOf(setting: SettingKey, chosen: Readonly<Record<string, unknown>>): string[] {
  const indent = '  '.repeat(setting.path.length - 1);
  const isChosen = chosen[setting.key] !== undefined;
  const value = isChosen ? chosen[setting.key] : setting.default;
  const text = stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim();
  return [`${indent}# ${setting.comment}`, `${indent}${isChosen ? '' : '# '}${setting.path.at(-1)}: ${text}`];
}
