import type { Environment } from './load-settings.ts';
import type { Settings } from './settings-schema.ts';

/** In the order in which POSIX lets one go before the other. */
const VARIABLES = ['LC_ALL', 'LC_MESSAGES', 'LANG'];

/**
 * The language of messages (ISO 639-1): the one that is set, else the machine's when it is supported, else English.
 *
 * @param systemLocale - what the machine says when no variable does, as a BCP 47 tag
 */
export function primaryLanguage(
  settings: Pick<Settings, 'language'>,
  env: Environment,
  systemLocale: string = new Intl.DateTimeFormat().resolvedOptions().locale,
): string {
  const { primary, supported } = settings.language;
  if (primary !== 'auto') return primary;
  const locale = VARIABLES.map((name) => env[name] ?? '').find((value) => value !== '') ?? systemLocale;
  const language = /^[a-z]{2,3}(?=$|[-_.@])/i.exec(locale)?.[0].toLowerCase();
  return language !== undefined && supported.includes(language) ? language : 'en';
}
