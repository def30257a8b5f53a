import type { OutputDefinition } from '../../core/definitions.ts';
import { evaluateExpression, parseExpression } from '../../core/expression.ts';
import type { StepPath } from '../../core/ids.ts';
import { localText } from '../../core/json.ts';
import type { Facts } from '../../core/json.ts';
import type { Reference } from '../../core/references.ts';
import { parseReference } from '../../core/references.ts';
import type { Fault } from '../../core/schema.ts';
import type { ArtifactRef } from '../../core/stage.ts';
import type { RunPlan } from './plan.ts';
import type { Problems } from './problems.ts';

/** How a step ended, as the steps after it see it. */
export interface StepEnd extends Problems {
  readonly state: 'succeeded' | 'skipped' | 'blocked' | 'failed' | 'canceled' | 'halted';
  /** Of a skipped step. */
  readonly because?: 'condition' | 'dependency';
  /** The text that goes on as the prompt, when it wrote one. */
  readonly text?: ArtifactRef;
  readonly facts?: Facts;
  readonly fault?: Fault;
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

export const isArtifact = (value: Value): value is ArtifactRef => typeof value === 'object' && value !== null;

/** What is new in a scope; everything else is that of the scope around it. */
export interface OwnScope {
  readonly path?: StepPath;
  readonly output?: { readonly id: string; readonly definition: OutputDefinition };
  readonly iteration?: number;
  readonly intermediate?: boolean;
  readonly previous?: ArtifactRef | undefined;
  /** What a pipeline is given by the step that uses it; its steps see nothing else of what is around them. */
  readonly input?: { readonly [name: string]: Value };
  /** Shared by the scopes of the steps of one list. */
  readonly ends?: Map<string, StepEnd>;
}

/** What a list of steps can see: its own ends, and those of the lists around it. */
export class Scope {
  readonly plan: RunPlan;
  readonly parent: Scope | undefined;
  readonly path: StepPath | undefined;
  readonly ends: Map<string, StepEnd>;
  /** Inside `forEach: outputs`. */
  readonly output: OwnScope['output'];
  /** Of the innermost loop that counts, from 1. */
  readonly iteration: number;
  /** Not the last iteration of a loop around it. */
  readonly intermediate: boolean;
  readonly previous: ArtifactRef | undefined;
  readonly #own: OwnScope;
  readonly #input: OwnScope['input'];

  constructor(plan: RunPlan, parent: Scope | undefined, own: OwnScope) {
    const { path, output, iteration = 1, previous, input } = { ...parent?.handedOn(), ...own };
    this.plan = plan;
    this.parent = parent;
    this.ends = own.ends ?? new Map();
    this.path = path;
    this.output = output;
    this.iteration = iteration;
    this.intermediate = own.intermediate === true || parent?.intermediate === true;
    this.previous = previous;
    this.#own = own;
    this.#input = input;
  }

  /** What the scopes inside have from this one. */
  handedOn(): { readonly [K in 'path' | 'output' | 'iteration' | 'previous' | 'input']: OwnScope[K] } {
    const { path, output, iteration, previous } = this;
    return { path, output, iteration, previous, input: this.#input };
  }

  /** The scope of one step of the list: the same, but for the text that has come to it. */
  at(previous: ArtifactRef | undefined): Scope {
    if (previous === undefined || previous === this.previous) return this;
    return new Scope(this.plan, this.parent, { ...this.#own, previous, ends: this.ends });
  }

  valueOf(reference: Reference): Value {
    const { request, given } = this.plan;
    switch (reference.root) {
      case 'previous':
        return this.previous;
      case 'input':
        return this.#input === undefined ? given.get(GIVEN.input[reference.name] ?? '') : this.#input[reference.name];
      case 'config':
        return given.get(GIVEN.config[reference.name]);
      case 'parameters':
        return request.parameters[reference.name];
      case 'output':
        return this.#outputField(reference.name);
      case 'outputs':
        return request.outputs.length;
      case 'iteration':
        return this.iteration;
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
    return isArtifact(value) ? undefined : value;
  }

  #outputField(name: string): Value {
    if (this.output === undefined || name === 'id') return this.output?.id;
    const { definition } = this.output;
    if (name === 'name' || name === 'description' || name === 'instruction')
      return definition[name] === undefined ? undefined : localText(definition[name], this.plan.request.lang);
    const value = definition[name as keyof OutputDefinition];
    return typeof value === 'object' ? undefined : value;
  }

  #endField(reference: Extract<Reference, { root: 'steps' }>): Value {
    const end = this.#end(reference.step);
    return reference.name === 'text' ? end?.text : end?.facts?.[reference.fact];
  }

  #end(step: string): StepEnd | undefined {
    const known = this.ends.get(step);
    return known !== undefined || this.#own.input !== undefined ? known : Scope.#around(this.parent, step);
  }

  static #around(scope: Scope | undefined, step: string): StepEnd | undefined {
    return scope === undefined ? undefined : scope.#end(step);
  }

  /** The whole number that is written or named; 0 for a value that is not there, such as a fact of a skipped step. */
  count(wanted: number | string): number {
    const value = typeof wanted === 'string' ? this.closedValueOf(parseReference(wanted)) : wanted;
    return typeof value === 'number' ? Math.max(0, Math.floor(value)) : 0;
  }
}
