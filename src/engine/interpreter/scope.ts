import type { OutputDefinition, StepDefinition } from '../../core/definitions.ts';
import { evaluateExpression, parseExpression } from '../../core/expression.ts';
import type { StepPath } from '../../core/ids.ts';
import { localText } from '../../core/json.ts';
import type { Facts } from '../../core/json.ts';
import type { Reference } from '../../core/references.ts';
import { parseReference } from '../../core/references.ts';
import type { Fault } from '../../core/schema.ts';
import type { ArtifactRef } from '../../core/stage.ts';
import type { RunPlan } from './plan.ts';

/** How a step ended, as the steps after it see it. */
export interface StepEnd {
  readonly state: 'succeeded' | 'skipped' | 'blocked' | 'failed' | 'canceled' | 'halted';
  /** The text that goes on as the prompt, when it wrote one. */
  readonly text?: ArtifactRef;
  readonly facts?: Facts;
  readonly fault?: Fault;
  /** Iterations of a `forEach` that did not succeed, when others did. */
  readonly problems?: readonly { readonly stepPath: StepPath; readonly state: string; readonly code: string }[];
}

/** Under which type the artifacts of what was given stand. */
const GIVEN: {
  readonly input: { readonly [name: string]: string };
  readonly config: { readonly [N in 'context' | 'instruction']: string };
} = {
  input: { text: 'input' },
  config: { context: 'context', instruction: 'task' },
};

export type Value = ArtifactRef | number | boolean | string | null | undefined;

/** What a list of steps can see: its own ends, and those of the lists around it. */
export class Scope {
  readonly plan: RunPlan;
  readonly parent: Scope | undefined;
  readonly path: StepPath | undefined;
  readonly ends = new Map<string, StepEnd>();
  /** Inside `forEach: outputs`. */
  readonly output: { readonly id: string; readonly definition: OutputDefinition } | undefined;
  /** Of the innermost loop, from 1. */
  readonly iteration: number;
  /** Not the last iteration of a loop around it. */
  readonly intermediate: boolean;
  previous: ArtifactRef | undefined;

  constructor(
    plan: RunPlan,
    parent: Scope | undefined,
    own: {
      path?: StepPath;
      output?: Scope['output'];
      iteration?: number;
      intermediate?: boolean;
      previous?: ArtifactRef;
    },
  ) {
    this.plan = plan;
    this.parent = parent;
    this.path = own.path ?? parent?.path;
    this.output = own.output ?? parent?.output;
    this.iteration = own.iteration ?? parent?.iteration ?? 1;
    this.intermediate = own.intermediate === true || parent?.intermediate === true;
    this.previous = own.previous ?? parent?.previous;
  }

  /** Notes how a step ended; a text it wrote becomes `previous.text`. */
  note(id: string, end: StepEnd): void {
    this.ends.set(id, end);
    if (end.state === 'succeeded' && end.text !== undefined) this.previous = end.text;
  }

  valueOf(reference: Reference): Value {
    const { request, given } = this.plan;
    switch (reference.root) {
      case 'previous':
        return this.previous;
      case 'input':
        return given.get(GIVEN.input[reference.name] ?? '');
      case 'config':
        return given.get(GIVEN.config[reference.name]);
      case 'parameters':
        return request.parameters[reference.name];
      case 'output':
        return this.#outputField(reference.name);
      case 'outputs':
        return request.outputs.length;
      case 'steps':
        return this.#endField(reference);
    }
  }

  /** @throws {StemmaError} DEFINITION_INVALID for a text that is no reference; the linter has seen it before */
  resolve(reference: string): Value {
    return this.valueOf(parseReference(reference));
  }

  /** Whether the condition holds; conditions read closed values only: an input counts how many there are of it. */
  holds(condition: string): boolean {
    return evaluateExpression(parseExpression(condition), (reference) => this.closedValueOf(reference));
  }

  /** The value as a condition or a loop's length may read it; undefined for a text. */
  closedValueOf(reference: Reference): number | boolean | string | null | undefined {
    const value = this.valueOf(reference);
    if (reference.root === 'input') return value === undefined ? 0 : 1;
    return typeof value === 'object' && value !== null ? undefined : value;
  }

  #outputField(name: string): Value {
    if (name === 'id') return this.output?.id;
    const value = this.output?.definition[name as keyof OutputDefinition];
    return typeof value === 'object' ? localText(value, this.plan.request.lang) : value;
  }

  #endField(reference: Extract<Reference, { root: 'steps' }>): Value {
    const end = this.#end(reference.step);
    return reference.name === 'text' ? end?.text : end?.facts?.[reference.fact];
  }

  #end(step: string): StepEnd | undefined {
    return this.ends.get(step) ?? Scope.#around(this.parent, step);
  }

  static #around(scope: Scope | undefined, step: string): StepEnd | undefined {
    return scope === undefined ? undefined : scope.#end(step);
  }
}

/** How often a loop runs: `times`, never more than `max`; a loop with only `until` may run up to `max`. */
export function timesOf(loop: NonNullable<StepDefinition['repeat']>, scope: Scope): number {
  const wanted = typeof loop.times === 'string' ? scope.closedValueOf(parseReference(loop.times)) : loop.times;
  const times = typeof wanted === 'number' ? Math.floor(wanted) : loop.max;
  return Math.max(0, Math.min(times, loop.max));
}
