export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median time of one of so many turns, one after the other. */
export async function medianMsOf(turns: number, act: (turn: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = performance.now();
    await act(turn);
    times.push(performance.now() - before);
  }
  return median(times);
}
