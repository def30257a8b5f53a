/** The one document that a benchmark prints; its keys are a contract. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { HugeRun } from './long-runs.ts';
import { PEERS } from './peers.ts';
import type { PeerMeasured, PeerName } from './peers.ts';
import type { SharedFileMeasured } from './processes.ts';
import type { FanOutAppFigures } from './programs/fan-out-app.ts';
import type { FanOutFigures } from './programs/fan-out.ts';
import type { MainJobFigures } from './programs/main-job.ts';
import type { QueriesMeasured } from './queries.ts';
import type { Shape, StepsMeasured } from './steps.ts';

/** Everything that a run of the benchmark has measured, at its own size. */
export interface Measured {
  /** Processes that wanted to run in the minute before, per core. */
  readonly busyBefore: number;
  readonly shape: Shape;
  readonly steps: StepsMeasured;
  readonly alone: { readonly stemma: number; readonly raw: number };
  readonly longRun: { readonly step: number; readonly overFirst: number };
  readonly recovery: { readonly runs: number; readonly elapsedMs: number };
  readonly hugeRun: HugeRun;
  readonly queries: QueriesMeasured;
  readonly fanOut: FanOutFigures & { readonly steps: number };
  readonly fanOutApp: FanOutAppFigures | undefined;
  readonly sharedFile: SharedFileMeasured & { readonly processes: number };
  readonly mainJob: MainJobFigures | undefined;
  readonly peers: Readonly<Record<PeerName, PeerMeasured>>;
}

export type BenchDocument = ReturnType<typeof toDocument>;

/** A figure that was not measured, or not at the size that its name says, is null, never left out. */
export function toDocument(measured: Measured) {
  const { shape, steps, alone, longRun, recovery, queries, mainJob, peers } = measured;
  const isWhole = queries.attempts >= 1_000_000;
  const { list, byTrace, lastFailed } = queries;
  return {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
    },
    shape,
    stepsPerSecond: {
      stemma: Math.round(steps.stemma),
      rawSqlite: Math.round(steps.raw),
      ...ofPeers(peers, ({ stepsPerSecond }) => Math.round(stepsPerSecond)),
    },
    tenStepRunMs: {
      stemma: round(alone.stemma),
      raw: round(alone.raw),
      ...ofPeers(peers, ({ tenStepRunMs }) => round(tenStepRunMs)),
    },
    step5000OverStep10: longRun.step === 5000 ? round(longRun.overFirst) : null,
    recover10kMs: recovery.runs === 10_000 ? Math.round(recovery.elapsedMs) : null,
    bytesPerStep: Math.round(steps.bytesPerStep),
    queriesMs: {
      list: isWhole ? round(list) : null,
      byTrace: isWhole ? round(byTrace) : null,
      lastFailed: isWhole ? round(lastFailed) : null,
    },
    loopDelayMaxMs: mainJob === undefined ? null : round(mainJob.jobMs),
    more: furtherFigures(measured),
  };
}

function furtherFigures(measured: Measured) {
  const { busyBefore, steps, longRun, recovery, hugeRun, queries, fanOut, sharedFile, mainJob, peers } = measured;
  return {
    busyBefore: round(busyBefore),
    transactions: steps.transactions,
    noopLoopDelayMaxMs: round(steps.loopDelayMaxMs),
    startLoopDelayMaxMs: mainJob === undefined ? null : round(mainJob.startMs),
    longRun: { step: longRun.step, overFirst: round(longRun.overFirst) },
    recovery: { runs: recovery.runs, elapsedMs: Math.round(recovery.elapsedMs) },
    hugeRun: {
      steps: hugeRun.steps,
      elapsedMs: Math.round(hugeRun.elapsedMs),
      endOverBeginning: round(hugeRun.endOverBeginning),
    },
    queries: {
      attempts: queries.attempts,
      runs: queries.runs,
      listMs: round(queries.list),
      byTraceMs: round(queries.byTrace),
      lastFailedMs: round(queries.lastFailed),
      firstListMs: Math.round(queries.firstListMs),
    },
    fanOut: { steps: fanOut.steps, peakRssBytes: fanOut.peakRssBytes, elapsedMs: Math.round(fanOut.elapsedMs) },
    fanOutApp: fanOutApp(measured),
    sharedFile: {
      processes: sharedFile.processes,
      stepsPerSecond: Math.round(sharedFile.stepsPerSecond),
      loopDelayMaxMs: round(sharedFile.loopDelayMaxMs),
    },
    peers: Object.fromEntries(PEERS.map((name) => [name, aboutPeer(peers[name])])),
  };
}

function fanOutApp({ fanOut: { steps }, fanOutApp: app }: Measured) {
  if (app === undefined) return null;
  const { peakRssBytes, elapsedMs, filesMs } = app;
  return {
    steps,
    peakRssBytes,
    elapsedMs: Math.round(elapsedMs),
    filesPerSecond: Math.round((1000 * steps) / elapsedMs),
    bareFilesMs: Math.round(filesMs),
  };
}

const aboutPeer = (peer: PeerMeasured): Readonly<Record<string, string>> =>
  'missing' in peer ? { missing: peer.missing } : { engine: peer.engine, durability: peer.durability };

function ofPeers(
  peers: Measured['peers'],
  figure: (peer: Exclude<PeerMeasured, { missing: string }>) => number,
): Record<PeerName, number | null> {
  const { restate, dbos } = peers;
  return {
    restate: 'missing' in restate ? null : figure(restate),
    dbos: 'missing' in dbos ? null : figure(dbos),
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;
