/** What came of one check of the kit. */
export interface KitResult {
  /** What was done, as a sentence without a full stop. */
  readonly name: string;
  /** What is not as guaranteed, in words; nothing when the store has passed. */
  readonly faults: readonly string[];
}

/** Told what is going on, for who waits. */
export type OnProgress = (text: string) => void;

/** The same work for every item, at most so many at a time; results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}

/** The check's own failure is a fault too, not the end of the others. */
export async function resultOf(name: string, check: () => Promise<readonly string[]>): Promise<KitResult> {
  try {
    return { name, faults: await check() };
  } catch (thrown) {
    return { name, faults: [thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)] };
  }
}

/** Every item, or one of so many, the first among them. */
export const oneOf = <T>(items: readonly T[], oneIn = 1): readonly T[] =>
  items.filter((_, index) => index % oneIn === 0);
