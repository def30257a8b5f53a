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
  let section: string | undefined;
  for (const setting of SETTING_KEYS) {
    const [first = ''] = setting.path;
    if (first !== section) lines.push('');
    if (first !== section && setting.path.length > 1) lines.push(`${first}:`);
    section = first;
    lines.push(...linesOf(setting, chosen));
  }
  return `${HEAD}${lines.join('\n')}\n`;
}

function linesOf(setting: SettingKey, chosen: Readonly<Record<string, unknown>>): string[] {
  const indent = '  '.repeat(setting.path.length - 1);
  const isChosen = chosen[setting.key] !== undefined;
  const value = isChosen ? chosen[setting.key] : setting.default;
  const text = stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim();
  return [`${indent}# ${setting.comment}`, `${indent}${isChosen ? '' : '# '}${setting.path.at(-1)}: ${text}`];
}
