/** What is left of a definition without the parts that have the wrong shape, so that one pass can hold it against the others. */
import type { z } from 'zod';

type Path = readonly PropertyKey[];

export interface SoundRest {
  readonly definition: unknown;
  /** Where something was taken out. */
  readonly without: readonly Path[];
}

/** Undefined when the definition cannot do without them. */
export function soundRest(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): SoundRest | undefined {
  const without = issues.flatMap((issue): readonly Path[] =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const rest: unknown = structuredClone(value);
  if (!without.every((path) => takeOut(rest, path))) return undefined;
  const checked = schema.safeParse(rest);
  return checked.success ? { definition: checked.data, without } : undefined;
}

/** Keys only: without an entry the others of a list would stand in other places. */
function takeOut(value: unknown, path: Path): boolean {
  const key = path.at(-1);
  const owner = valueAt(value, path.slice(0, -1));
  return typeof key === 'string' && typeof owner === 'object' && owner !== null && Reflect.deleteProperty(owner, key);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined),
    value,
  );
}

/** Whether a finding about the rest can be trusted: what was taken out, or stood beside it, might have been its answer. */
export function isAboutRest(path: Path, value: unknown, without: readonly Path[]): boolean {
  if (valueAt(value, path) === undefined) return false;
  return !without.some((gone) => {
    const owner = gone.slice(0, -1);
    const isBeside = owner.length > 0 && path.length === gone.length && isWithin(path, owner);
    return isBeside || isWithin(gone, path) || isWithin(path, gone);
  });
}

const isWithin = (path: Path, around: Path): boolean => around.every((key, index) => path[index] === key);
