import type { BranchPlan, PlannedStep } from '../../app/branch-plan.ts';
import { cleanAll } from './clean.ts';
import { wrap } from './layout.ts';
import type { DrawOptions } from './style.ts';
import { counted, fill, phrasesOf } from './words.ts';
import type { Phrases } from './words.ts';

/** Longer lists are told by their number. */
const MOST_STEPS = 20;

/** What a branch takes over, what runs and why, and what that will cost. */
export function drawPlan(plan: BranchPlan, options: DrawOptions): string {
  const { style, width } = options;
  const phrases = phrasesOf(options.language);
  const { words } = phrases;
  const safe = cleanAll(plan);
  const told = safe.steps.filter(({ action }) => action !== 'reuse');
  const rest = told.length - MOST_STEPS;
  const lines = [
    style.strong(fill(words.branchOf, { id: safe.parent, step: safe.from })),
    counted(words.plan.reused, safe.reused),
    counted(words.plan.runs, safe.runs),
    ...told.slice(0, MOST_STEPS).map((step) => `  ${stepText(step, options, phrases)}`),
    ...(rest > 0 ? [`  ${counted(words.plan.more, rest)}`] : []),
    fill(words.plan.cost, { cost: costText(safe, phrases) }),
    ...safe.notes.map((note) => fill(words.plan[note], { profile: safe.profile })),
  ];
  return `${lines.flatMap((line) => wrap(line, width)).join('\n')}\n`;
}

function stepText({ path, action, because }: PlannedStep, { style }: DrawOptions, { words }: Phrases): string {
  if (action === 'block') return `${style.marks.gate} ${path}: ${words.plan.stops}`;
  return `${style.marks.again} ${path}: ${because === null ? '' : words.because[because]}`;
}

function costText({ cost }: BranchPlan, phrases: Phrases): string {
  const { words } = phrases;
  const unpriced = cost.unpriced === 0 ? [] : [counted(words.plan.unpriced, cost.unpriced)];
  if (cost.microUsd === 0 && unpriced.length > 0) return unpriced.join('');
  return [cost.microUsd === 0 ? words.free : phrases.money(cost.microUsd), ...unpriced].join(', ');
}
