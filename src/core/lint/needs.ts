/** The order in which the steps of a list can run, as their `needs` say. */
import type { StepDefinition } from '../definitions.ts';
import { needsOf } from '../step-graph.ts';
import { suggest } from './finding.ts';
import type { Desk, Path } from './finding.ts';

interface Place {
  readonly step: StepDefinition;
  readonly index: number;
}

/** A step with the others of its list. */
export interface Ordered extends Place {
  /** Ids of the steps that have ended when it begins. */
  readonly before: ReadonlySet<string>;
  /** Ids of those that may run at the same time. */
  readonly beside: ReadonlySet<string>;
}

interface List {
  readonly desk: Desk;
  readonly steps: readonly StepDefinition[];
  readonly path: Path;
}

/** The steps, each after all that it needs; reports needs that cannot be met, and passes them by. */
export function inOrder(list: List): readonly Ordered[] {
  const walk = new Walk(list);
  for (const place of walk.places) walk.visit(place, []);
  const all = [...walk.before];
  return all.map(([place, before]) => {
    const { id } = place.step;
    const others = all.filter(([other, own]) => other !== place && !before.has(other.step.id) && !own.has(id));
    return { ...place, before, beside: new Set(others.map(([other]) => other.step.id)) };
  });
}

class Walk {
  readonly places: readonly Place[];
  /** What has ended when the step begins, in the order in which the steps can run. */
  readonly before = new Map<Place, ReadonlySet<string>>();
  readonly #list: List;

  constructor(list: List) {
    this.#list = list;
    this.places = list.steps.map((step, index) => ({ step, index }));
  }

  visit(place: Place, around: readonly Place[]): ReadonlySet<string> {
    const known = this.before.get(place);
    if (known !== undefined) return known;
    const own = new Set<string>();
    for (const [at, id] of needsOf(this.#list.steps, place.index).entries()) {
      const needed = this.#find(place, { at, id });
      if (needed === undefined || this.#isCircle(needed, [...around, place])) continue;
      for (const earlier of [...this.visit(needed, [...around, place]), id]) own.add(earlier);
    }
    this.before.set(place, own);
    return own;
  }

  #find(place: Place, { at, id }: { at: number; id: string }): Place | undefined {
    const { desk, path } = this.#list;
    const found = this.places.find(({ step }) => step.id === id);
    if (found !== undefined && found !== place) return found;
    const others = this.places.filter((other) => other !== place).map(({ step }) => step.id);
    const needs = [...path, place.index, 'needs', at];
    if (found === place) desk.report(needs, `the step "${id}" cannot need itself`, 'Take it out of `needs`.');
    else desk.report(needs, `there is no step "${id}" in this list`, suggest(id, others));
    return undefined;
  }

  #isCircle(needed: Place, around: readonly Place[]): boolean {
    const from = around.indexOf(needed);
    if (from === -1) return false;
    const circle = around.slice(from);
    const names = [...circle, needed].map(({ step }) => step.id).join(' → ');
    // only with `needs` of its own does the first of them need a later one
    const first = Math.min(...circle.map(({ index }) => index));
    this.#list.desk.report(
      [...this.#list.path, first, 'needs'],
      `the steps need each other in a circle: ${names}`,
      'A step without `needs` needs the one above it; `needs: []` needs none.',
    );
    return true;
  }
}
