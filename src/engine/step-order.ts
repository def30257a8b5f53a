import type { StepDefinition } from '../core/definitions.ts';
import { stepPath } from '../core/ids.ts';
import type { StepPath } from '../core/ids.ts';
import { needsOf } from '../core/step-graph.ts';

type Steps = readonly StepDefinition[];

/**
 * Where a step stands to another one: it is that step or lies in it, it comes after it, or neither.
 *
 * After a step comes what follows it in order or through `needs`, in its own list and behind the containers around it,
 * and later rounds of the loops around it. Iterations of a `forEach` are independent of each other.
 */
export function orderOf(path: StepPath, from: StepPath, steps: Steps): 'from' | 'after from' | undefined {
  const [own, other] = [segmentsOf(path), segmentsOf(from)];
  let list = steps;
  for (const [at, { id, index }] of own.entries()) {
    const point = other[at];
    if (point === undefined) return 'from';
    if (id !== point.id) return followersOf(list, point.id).has(id) ? 'after from' : undefined;
    const step = list.find((one) => one.id === id);
    if (index !== point.index) return point.index === undefined ? 'from' : laterRound(step, index, point.index);
    list = step?.steps ?? [];
  }
  return own.length === other.length ? 'from' : undefined;
}

const laterRound = (
  step: StepDefinition | undefined,
  index: number | undefined,
  from: number,
): 'after from' | undefined =>
  step?.forEach === undefined && index !== undefined && index > from ? 'after from' : undefined;

/** Where a path leads. */
export interface StepAt {
  readonly step: StepDefinition;
  /** Inside of the loop over outputs: which one, from 1. */
  readonly output: number | undefined;
  /** The innermost step around it that uses the pipeline it stands in. */
  readonly inside: { readonly path: StepPath; readonly step: StepDefinition } | undefined;
}

/** @returns undefined when there is no such step; an index is not held against a loop's length */
export function stepAt(path: StepPath, steps: Steps): StepAt | undefined {
  let list = steps;
  let found: StepAt | undefined;
  let around: StepPath | undefined;
  for (const { id, index } of segmentsOf(path)) {
    const step = list.find((one) => one.id === id);
    if (step === undefined || (index !== undefined && !isLoop(step))) return undefined;
    const inside = found === undefined || around === undefined ? undefined : insideOf(found, around);
    found = { step, output: step.forEach === 'outputs' ? index : found?.output, inside };
    around = stepPath(around, id, index);
    list = step.steps ?? [];
  }
  return found;
}

const isLoop = ({ forEach, repeat }: StepDefinition): boolean => forEach !== undefined || repeat !== undefined;

const insideOf = ({ step, inside }: StepAt, path: StepPath): StepAt['inside'] =>
  step.pipeline === undefined ? inside : { path, step };

interface Segment {
  readonly id: string;
  readonly index: number | undefined;
}

const segmentsOf = (path: StepPath): Segment[] =>
  path.split('.').map((segment) => {
    const [, id = '', index] = /^([^[]*)(?:\[(\d+)\])?$/.exec(segment) ?? [];
    return { id, index: index === undefined ? undefined : Number(index) };
  });

/** Asked once per step of a run, mostly about one list. */
const followers = new WeakMap<Steps, Map<string, ReadonlySet<string>>>();

function followersOf(list: Steps, id: string): ReadonlySet<string> {
  const known = followers.get(list) ?? new Map<string, ReadonlySet<string>>();
  followers.set(list, known);
  const found = known.get(id) ?? findFollowers(list, id);
  known.set(id, found);
  return found;
}

function findFollowers(list: Steps, id: string): ReadonlySet<string> {
  const found = new Set([id]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [at, step] of list.entries()) {
      if (needsOf(list, at).some((one) => found.has(one))) found.add(step.id);
    }
  }
  found.delete(id);
  return found;
}
