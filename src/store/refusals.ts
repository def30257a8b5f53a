/** What every store answers to a write that it refuses. */
import { StemmaError } from '../core/errors.ts';
import { assertEventData } from '../core/events.ts';
import type { RunId, WorkerId } from '../core/ids.ts';
import type { Command, Lease } from '../core/ports.ts';

/**
 * A command whose receipt no event can be would lie in the mailbox for ever, and wake its run for ever.
 *
 * @throws {StemmaError} INTERNAL
 */
export const assertReceivable = ({ type, by }: Command): void =>
  void assertEventData({ type: 'command.received', data: { command: type, by } });

export const leaseLost = ({ runId, token }: Lease): StemmaError =>
  new StemmaError('LEASE_LOST', `The lease of run ${runId} with token ${token} no longer counts.`, {
    facts: { runId, token },
    hint: 'Another worker has taken the run over, or it was given back; drop what was computed for it.',
  });

export const runHasEnded = (runId: RunId): StemmaError =>
  new StemmaError('STATE_CONFLICT', `The run ${runId} has ended and never changes again.`, {
    facts: { runId },
    hint: `To do it or a part of it again: stemma runs branch ${runId} --from <step>.`,
  });

export const runGoesOn = (runId: RunId): StemmaError =>
  new StemmaError('STATE_CONFLICT', `The run ${runId} has not ended; its content cannot be deleted yet.`, {
    facts: { runId },
    hint: '`stemma runs cancel` ends it.',
  });

export const runNotFound = (runId: RunId): StemmaError =>
  new StemmaError('RUN_NOT_FOUND', `There is no run ${runId}.`, {
    facts: { runId },
    hint: '`stemma runs list` shows the runs of this data directory.',
  });

export const workerUnknown = (worker: WorkerId): StemmaError =>
  new StemmaError('INTERNAL', `The worker ${worker} holds no runs before it is registered.`, { facts: { worker } });

export const workerNotFound = (worker: WorkerId): StemmaError =>
  new StemmaError('NOT_FOUND', `There is no worker ${worker}.`, {
    facts: { worker },
    hint: '`stemma workers list` shows those of this data directory.',
  });
