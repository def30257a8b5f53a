import { toStemmaError } from '../core/errors.ts';
import type { StemmaError } from '../core/errors.ts';
import { cleanLine } from './draw/clean.ts';
import { createStyle } from './draw/style.ts';
import type { Style } from './draw/style.ts';

const FALLBACK_WIDTH = 100;
const MOST_WIDTH = 120;

/** Results go to stdout, everything for eyes to stderr; colours only on a terminal and never against `NO_COLOR`. */
export const write = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
export const say = (text: string): void => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
export const writeJson = (value: unknown): void => write(JSON.stringify(value, undefined, 2));
export const writeLine = (value: unknown): void => write(JSON.stringify(value));

export const styleOf = (stream: NodeJS.WriteStream): Style =>
  createStyle({ colour: colours(stream), unicode: isUnicode() });
export const widthOf = (stream: NodeJS.WriteStream): number => Math.min(stream.columns || FALLBACK_WIDTH, MOST_WIDTH);

function colours(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, TERM, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return FORCE_COLOR !== undefined && FORCE_COLOR !== '0' ? true : stream.isTTY && TERM !== 'dumb';
}

/** The Linux console and old Windows consoles lack the signs; everything else has them. */
const isUnicode = (): boolean => process.env['TERM'] !== 'linux' && process.env['STEMMA_ASCII'] === undefined;

/** An error as programs read it. */
export function errorDocument(error: StemmaError, title: string): { readonly error: object } {
  const { code, message, hint = null, facts } = error;
  return { error: { code, title, detail: message, hint, facts } };
}

/** An error as a person reads it; the stack only with `--debug`. */
export function errorText(thrown: unknown, options: { readonly debug: boolean; readonly style: Style }): string {
  const error = toStemmaError(thrown);
  const lines = [`${options.style.strong('stemma:')} ${cleanLine(error.message)}`];
  if (error.hint !== undefined) lines.push(`  ${cleanLine(error.hint)}`);
  lines.push(options.style.dim(`  ${error.code}`));
  if (options.debug) lines.push(stackOf(thrown));
  return `${lines.join('\n')}\n`;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause === undefined ? (thrown.stack ?? '') : `${thrown.stack}\nCaused by: ${stackOf(thrown.cause)}`;
}
