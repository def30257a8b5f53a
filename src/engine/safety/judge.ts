import type { Level } from '../../core/schema.ts';
import type { Finding, ListCheck, SafetyPolicy } from './policy.ts';

export type Decision = 'pass' | 'note' | 'warn' | 'block';

/** A text that somebody wrote or that a model made. */
export interface JudgedText {
  readonly text: string;
  readonly level: Level;
  /** What a person typed, what a config or an edit adds, or the prompt that goes to a model. */
  readonly position: 'input' | 'context' | 'output';
}

/** A term that stands in a text, with its place in the original. */
export interface JudgedTerm {
  readonly term: string;
  readonly found: string;
  readonly start: number;
  readonly end: number;
  readonly check: string;
  readonly class: string;
}

/** What the lists say about one text. */
export interface Judgement {
  /** The check that decided; `lists` when nothing was found. */
  readonly check: string;
  readonly decision: Decision;
  readonly class?: 'hard' | 'context';
  readonly method: 'list';
  /** What was found, in the order of the text, at most a hundred. */
  readonly terms: readonly JudgedTerm[];
}

type Row = Readonly<Record<Level, Decision>>;

/**
 * The table of the levels. A prompt on its way to a model is noted at `research`, whatever is found in it, except for
 * the sexualised depiction of minors, which nothing allows.
 */
const DECISIONS: Readonly<Record<ListCheck, Row>> = {
  minors: { kids: 'block', youth: 'block', adult: 'block', research: 'block' },
  'self-harm': { kids: 'block', youth: 'block', adult: 'pass', research: 'pass' },
  'unconstitutional-symbols': { kids: 'block', youth: 'block', adult: 'block', research: 'note' },
  age: { kids: 'block', youth: 'block', adult: 'pass', research: 'pass' },
  'contact-data': { kids: 'block', youth: 'block', adult: 'warn', research: 'pass' },
};

/** When several checks decide alike, the first of these speaks: what protects people in need before all the rest. */
const SPEAKING_ORDER: readonly ListCheck[] = ['minors', 'self-harm', 'unconstitutional-symbols', 'age', 'contact-data'];
const SEVERITY: Readonly<Record<Decision, number>> = { pass: 0, note: 1, warn: 2, block: 3 };
const MOST_TERMS = 100;

/**
 * What the lists of a policy decide about a text at a level; the worst decision wins.
 *
 * Without a model that reads the context, findings of class `context` block like those of class `hard`, unless the
 * words near them clear them. Never throws; takes time in proportion to the length of the text.
 *
 * @example
 * judge(policy, { text: 'Ein Drache kämpft mit einem Ritter', level: 'kids', position: 'input' })
 * // => { check: 'lists', decision: 'pass', method: 'list', terms: [] }
 */
export function judge(policy: SafetyPolicy, subject: JudgedText): Judgement {
  const weighed = policy
    .find(subject.text)
    .map((finding) => ({ finding, decision: decisionFor(finding, subject) }))
    .filter(({ decision }) => decision !== 'pass');
  const worst = weighed.reduce((most, { decision }) => Math.max(most, SEVERITY[decision]), 0);
  const deciding = weighed.filter(({ decision }) => SEVERITY[decision] === worst);
  const check = SPEAKING_ORDER.find((name) => deciding.some(({ finding }) => finding.check === name));
  const [first] = deciding;
  if (check === undefined || first === undefined)
    return { check: 'lists', decision: 'pass', method: 'list', terms: [] };
  const hard = deciding.some(({ finding }) => finding.check === check && finding.class === 'hard');
  return {
    check,
    decision: first.decision,
    class: hard ? 'hard' : 'context',
    method: 'list',
    terms: weighed.slice(0, MOST_TERMS).map(({ finding }) => toTerm(finding)),
  };
}

function decisionFor(finding: Finding, subject: JudgedText): Decision {
  if (isFineAt(finding, subject.level)) return 'pass';
  if (subject.position === 'output' && subject.level === 'research' && finding.check !== 'minors') return 'note';
  return DECISIONS[finding.check][subject.level];
}

function isFineAt(finding: Finding, level: Level): boolean {
  if (finding.fineFrom === null) return false;
  return finding.fineFrom === 'youth' ? level !== 'kids' : level === 'adult' || level === 'research';
}

function toTerm({ term, found, start, end, check, class: strictness }: Finding): JudgedTerm {
  return { term, found, start, end, check, class: strictness };
}
