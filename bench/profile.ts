/** A recorded CPU profile as a tree of functions with their times. */
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';

export interface Frame {
  readonly name: string;
  /** The file inside this repository, `node:…`, or nothing for what is built into the engine. */
  readonly place: string;
  /** With everything that it called. */
  readonly totalUs: number;
  readonly ownUs: number;
  /** By name, so that the same work always stands at the same place. */
  readonly children: readonly Frame[];
}

const repository = fileURLToPath(new URL('..', import.meta.url));
/** What the process did when it did nothing of ours: it waited, or it recorded this profile. */
const isWork = (node: Profiler.ProfileNode): boolean =>
  nameOf(node) !== '(idle)' && !placeOf(node).startsWith('node:inspector');

export function toFrames(profile: Profiler.Profile): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const ownUs = new Map<number, number>();
  profile.samples?.forEach((id, index) =>
    ownUs.set(id, (ownUs.get(id) ?? 0) + Math.max(0, profile.timeDeltas?.[index] ?? 0)),
  );
  const [root] = profile.nodes;
  if (root === undefined) throw new Error('The profile is empty.');
  return merged([root]);

  /** One frame of all nodes of the same function under the same callers. */
  function merged(same: readonly Profiler.ProfileNode[]): Frame {
    const below = same.flatMap(({ children = [] }) => children.map((id) => nodes.get(id)));
    const known = below.filter((node) => node !== undefined).filter(isWork);
    const groups = Map.groupBy(known, (node) => `${nameOf(node)} ${placeOf(node)}`);
    const children = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => merged(group));
    const own = same.reduce((sum, { id }) => sum + (ownUs.get(id) ?? 0), 0);
    const totalUs = children.reduce((sum, child) => sum + child.totalUs, own);
    const [first] = same;
    return {
      name: first === undefined ? '' : nameOf(first),
      place: first === undefined ? '' : placeOf(first),
      totalUs,
      ownUs: own,
      children,
    };
  }
}

const nameOf = ({ callFrame }: Profiler.ProfileNode): string => callFrame.functionName || '(anonymous)';

function placeOf({ callFrame: { url } }: Profiler.ProfileNode): string {
  if (!url.startsWith('file:')) return url;
  const path = fileURLToPath(url);
  return path.startsWith(repository) ? path.slice(repository.length) : path.slice(path.lastIndexOf('/') + 1);
}
