import type { Blocked } from '../../core/shapes.ts';
import { wrap } from './layout.ts';
import type { DrawOptions } from './style.ts';
import { phrasesOf } from './words.ts';

const INDENT = '   ';
const WIDEST = 84;

/** A run that a protection rule stopped: what happened, why, whom it protects, what to try. Nothing is blamed. */
export function drawGate(blocked: Blocked, options: DrawOptions, begins: string): string[] {
  const { style } = options;
  const { words } = phrasesOf(options.language);
  const width = Math.min(options.width, WIDEST);
  const part = (text: string): string[] => wrap(text, width - 2 * INDENT.length).map((line) => INDENT + line);
  const answer = (name: string, text: string): string[] =>
    text === '' ? [] : ['', `${INDENT}${style.dim(name)}`, ...part(text)];
  const bar = style.marks.double.repeat(Math.max(0, width - begins.length));
  return [
    begins + bar,
    '',
    ...part(blocked.heading).map(style.strong),
    ...(blocked.message === '' ? [] : ['', ...part(blocked.message)]),
    ...answer(words.why, blocked.why),
    ...answer(words.protection, blocked.protection),
    ...answer(words.suggestion, blocked.suggestion),
    '',
    style.marks.double.repeat(width),
  ];
}
