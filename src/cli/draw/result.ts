import type { OutputResult, RunResult } from '../../app/run-result.ts';
import type { RunView } from '../../core/shapes.ts';
import { cleanAll } from './clean.ts';
import { drawGate } from './gate.ts';
import { wrap } from './layout.ts';
import type { DrawOptions } from './style.ts';
import { fill, phrasesOf, wordFor } from './words.ts';
import type { Phrases } from './words.ts';

/**
 * What `stemma run` prints at its end: the intercepted text as it is, then one line for every output file with its
 * absolute path; or why the run was stopped; or what went wrong and what to do.
 */
export function drawResult(result: RunResult, options: DrawOptions): string {
  const safe = cleanAll(result);
  const phrases = phrasesOf(options.language);
  const parts = [resultText(safe, options), outputLines(safe, options, phrases), endText(safe, options, phrases)];
  const lines = parts.filter((part) => part.length > 0).flatMap((part, at) => (at === 0 ? part : ['', ...part]));
  return lines.length === 0 ? `${phrases.words.noText}\n` : `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** The text is not wrapped: it may be piped on. A run that was stopped shows none. */
const resultText = ({ text, state }: RunResult, { style }: DrawOptions): string[] =>
  text === null || state === 'blocked' ? [] : text.trimEnd().split('\n').map(style.hand);

function outputLines({ outputs, state }: RunResult, options: DrawOptions, phrases: Phrases): string[] {
  if (state === 'blocked' && outputs.every(({ artifacts }) => artifacts.length === 0)) return [];
  return outputs.flatMap((output) => outputLine(output, options, phrases));
}

function outputLine(
  { index, config, state, artifacts }: OutputResult,
  { style }: DrawOptions,
  { words }: Phrases,
): string[] {
  const files = artifacts.flatMap(({ path }) => (path === null ? [] : [path]));
  if (state === 'succeeded') return files;
  return [...files, `${style.dim(`${words.output} ${index} (${config}):`)} ${words.stepState[state]}`];
}

function endText(result: RunResult, options: DrawOptions, phrases: Phrases): string[] {
  const { state, blocked, error } = result;
  const { style } = options;
  if (blocked !== null) return drawGate(blocked, options, style.marks.double);
  if (error !== null)
    return [
      ...wrap(error.message, options.width),
      style.dim(`${error.code} ${style.marks.dot} ${fill(phrases.words.next.errorPage, { code: error.code })}`),
    ];
  return state === 'succeeded' ? [] : [phrases.words.runState[state]];
}

type Hint = keyof Phrases['words']['next'];
/** A run, and what wakes it when it waits. */
type Waked = Pick<RunResult, 'runId' | 'state'> & { readonly waitingFor?: RunView['waitingFor'] };

/** Commands that go on from here, for a person: they belong on stderr. */
export function drawHints(result: Waked, options: DrawOptions): string {
  const { style } = options;
  const { words } = phrasesOf(options.language);
  const hints = hintsFor(result);
  const longest = Math.max(...hints.map(([command]) => command.length));
  const said = hints.map(([command, key]) => {
    const text = wordFor(words.next, key);
    const isAside = longest + 2 + text.length <= options.width;
    return isAside ? `${command.padEnd(longest)}  ${style.dim(text)}` : command;
  });
  return `${said.join('\n')}\n`;
}

function wakingHint({ runId, waitingFor }: Waked): readonly [string, Hint] {
  if (waitingFor === 'person') return ['stemma reviews list', 'reviews'];
  if (waitingFor === 'signal') return [`stemma runs signal ${runId} <name>`, 'signal'];
  return ['stemma worker', 'worker'];
}

function hintsFor(result: Waked): (readonly [string, Hint])[] {
  const { runId, state } = result;
  const tree = [`stemma runs tree ${runId}`, 'tree'] as const;
  const show = [`stemma runs show ${runId}`, 'branchAll'] as const;
  switch (state) {
    case 'paused':
      return [[`stemma runs resume ${runId}`, 'resume'], tree];
    case 'waiting':
      return [wakingHint(result), tree];
    case 'pending':
    case 'running':
      return [['stemma worker', 'worker'], tree];
    case 'failed':
    case 'quarantined':
      return [tree, [`stemma runs show ${runId}`, 'detail'], ['stemma doctor', 'doctor']];
    case 'blocked':
    case 'canceled':
    case 'succeeded':
      return [tree, show];
  }
}
