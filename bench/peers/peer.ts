/**
 * A peer is a program of its own: it opens its engine, runs the shape, tells the figures to the process that started
 * it, and puts everything away again. What is the same for all peers stands here.
 */
import { medianMsOf } from '../figures.ts';
import { taskOf, tell } from '../program.ts';

/** What a peer is asked to measure. */
export interface PeerTask {
  readonly runs: number;
  readonly stepsPerRun: number;
  readonly atATime: number;
  readonly rounds: number;
  /** Runs that are measured one after the other. */
  readonly alone: number;
  /** An empty folder for everything that the engine stores. */
  readonly folder: string;
}

export interface PeerFigures {
  readonly stepsPerSecond: number;
  readonly tenStepRunMs: number;
  /** Name and version of what was measured. */
  readonly engine: string;
  /** How the engine says that it acknowledges a step. */
  readonly durability: string;
}

/** An engine that is ready: its dispose stops everything that was started for it. */
export interface OpenedPeer extends AsyncDisposable {
  readonly engine: string;
  readonly durability: string;
  /** One run of so many durable steps that do nothing; resolves after its end is stored. */
  readonly run: (steps: number) => Promise<void>;
}

/** Measures the engine that `open` gives and sends the figures to the parent process. */
export async function runPeer(open: (task: PeerTask) => Promise<OpenedPeer>): Promise<void> {
  const task = taskOf<PeerTask>();
  let figures: PeerFigures;
  {
    await using peer = await open(task);
    let stepsPerSecond = 0;
    for (let round = 0; round < task.rounds; round += 1)
      stepsPerSecond = Math.max(stepsPerSecond, await measureRound(peer, task));
    const { engine, durability } = peer;
    figures = {
      stepsPerSecond,
      tenStepRunMs: await medianMsOf(task.alone, () => peer.run(task.stepsPerRun)),
      engine,
      durability,
    };
  }
  await tell(figures);
}

async function measureRound(peer: OpenedPeer, { runs, stepsPerRun, atATime }: PeerTask): Promise<number> {
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await peer.run(stepsPerRun);
    }
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: atATime }, lane));
  return (1000 * runs * stepsPerRun) / (performance.now() - before);
}
