import { allFaults } from '../check/run-faults.ts';
import { inParallel, oneOf, resultOf } from '../kit-result.ts';
import type { KitResult, OnProgress } from '../kit-result.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import type { Orders } from '../process/orders.ts';

/** A takeover is four seconds of waiting, in which other folders have the processor. */
const AT_ONCE = 16;
const TELL_EVERY = 10;

type Kill = NonNullable<Orders['kill']>;

/** Kills a process right before and right after each commit of the script, one after another, and lets another one finish. */
export async function killAtCommits(tried: Tried, onProgress?: OnProgress): Promise<readonly KitResult[]> {
  const commits = await countCommits(tried);
  const numbers = Array.from({ length: commits }, (_, index) => index + 1);
  const all = numbers.flatMap((commit) => (['before', 'after'] as const).map((when): Kill => ({ commit, when })));
  const kills = oneOf(all, tried.oneIn);
  onProgress?.(`the script has ${commits} commits; killing at ${kills.length} moments`);
  let done = 0;
  return inParallel(kills, AT_ONCE, async (kill) => {
    const result = await killAt(tried, kill);
    done += 1;
    if (done % TELL_EVERY === 0) onProgress?.(`${done} of ${kills.length} kills`);
    return result;
  });
}

async function countCommits(tried: Tried): Promise<number> {
  await using bench = new KitBench(tried);
  const process = bench.start({ mode: 'script', submit: 1 });
  await process.ended();
  const [done] = process.toldOf('done');
  if (done === undefined) throw new Error(process.death() ?? 'The script came to no end.');
  return done.commits;
}

function killAt(tried: Tried, kill: Kill): Promise<KitResult> {
  return resultOf(`killed right ${kill.when} commit ${kill.commit}`, async () => {
    await using bench = new KitBench(tried);
    const victim = bench.start({ mode: 'script', submit: 1, kill });
    const killed = await victim.ended();
    const next = bench.start({ mode: 'script' });
    const end = await next.ended();
    const faults = end === 0 ? [] : [next.death() ?? ''];
    // steps that end together may share a commit at one time and not at another: the last ones are not always there
    const commits = victim.toldOf('done')[0]?.commits ?? kill.commit;
    if (killed !== 'SIGKILL' && commits >= kill.commit)
      faults.push(`the process ended with ${killed}, not by the kill`);
    await using session = await bench.session();
    return [...faults, ...(await allFaults(session.store, { bench }))];
  });
}
