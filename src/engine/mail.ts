import { toStemmaError } from '../core/errors.ts';
import type { EventDraft } from '../core/events.ts';
import type { StepPath } from '../core/ids.ts';
import type { Command, ReceivedCommand } from '../core/ports.ts';
import type { Alongside } from './run-writer.ts';
import type { RunArtifacts, Written } from './run-artifacts.ts';
import type { RunSession } from './run-session.ts';

/** The run whose mailbox is read. */
export interface Addressee {
  readonly session: RunSession;
  /** Opened when a command brings a body. */
  readonly artifacts: () => Promise<RunArtifacts>;
}

/**
 * Turns a command into what it asks for. Its event and what it does to the run stand in one commit, so that no holder's
 * death can part them. A decision that does not fit (any more) is noted and changes nothing.
 */
export async function obey({ session, artifacts }: Addressee, command: ReceivedCommand): Promise<void> {
  switch (command.type) {
    case 'cancel':
    case 'pause':
    case 'resume': {
      put(session, receipt(command), { handled: [command.id] });
      if (command.type === 'resume' && session.fold.state === 'paused') put(session, { type: 'run.resumed', data: {} });
      session.commanded(command.type);
      return;
    }
    case 'decide':
      await session.busy(() => decide(session, command, artifacts).catch(refusing(session, command)));
      break;
    case 'signal':
      await session.busy(() => signal(session, command, artifacts).catch(refusing(session, command)));
      break;
  }
  session.answered();
}

type Of<T extends Command['type']> = Extract<ReceivedCommand, { readonly type: T }>;

const receipt = ({ type, by }: Command): EventDraft => ({ type: 'command.received', data: { command: type, by } });

async function decide(session: RunSession, command: Of<'decide'>, artifacts: Addressee['artifacts']): Promise<void> {
  const { id, by, stepPath, choice, note } = command;
  const written = note === undefined ? undefined : await keep(artifacts, { type: 'review_note', body: note, stepPath });
  put(session, receipt(command), { handled: [id] });
  const objection = objectionTo(session, command);
  if (objection !== undefined) {
    put(session, { type: 'note', stepPath, data: { kind: 'decision.refused', facts: { because: objection } } });
    return;
  }
  const noted = written === undefined ? {} : { note: written.committed };
  put(session, { type: 'review.decided', stepPath, data: { choice, by, ...noted } }, rowsOf(written));
}

/** Why a decision does not count, as a closed word. */
export function objectionTo(
  { fold }: Pick<RunSession, 'fold'>,
  { stepPath, choice, by }: Pick<Of<'decide'>, 'stepPath' | 'choice' | 'by'>,
): string | undefined {
  const step = fold.steps.get(stepPath);
  const wait = step?.state === 'suspended' ? step.ended?.wait : undefined;
  if (wait?.for !== 'person') return 'no-question';
  if (step?.answer !== undefined) return 'already-decided';
  if (!wait.options.includes(choice)) return 'no-such-option';
  return wait.byOther === true && by === fold.created?.by ? 'needs-another-person' : undefined;
}

async function signal(session: RunSession, command: Of<'signal'>, artifacts: Addressee['artifacts']): Promise<void> {
  const { id, name, body } = command;
  const written = body === undefined ? undefined : await keep(artifacts, { type: 'signal', body });
  put(session, receipt(command), { handled: [id] });
  const held = written === undefined ? {} : { body: written.committed };
  put(session, { type: 'signal.received', data: { name, ...held } }, rowsOf(written));
}

/** What comes with a command and cannot be kept, such as a file that is too large, is noted: it must not bar the mailbox for ever. */
const refusing =
  (session: RunSession, command: ReceivedCommand) =>
  (thrown: unknown): void => {
    if (session.isBrokenBy(thrown)) throw thrown;
    const facts = { command: command.type, because: toStemmaError(thrown).code };
    put(session, receipt(command), { handled: [command.id] });
    put(session, { type: 'note', data: { kind: 'command.refused', facts } });
  };

async function keep(
  artifacts: Addressee['artifacts'],
  draft: { readonly type: string; readonly body: string | Uint8Array; readonly stepPath?: StepPath },
): Promise<Written> {
  const { type, body, stepPath } = draft;
  return (await artifacts()).create({ type, body }, stepPath === undefined ? {} : { path: stepPath });
}

const rowsOf = (written: Written | undefined): Alongside => (written === undefined ? {} : { artifacts: [written.row] });

/** Recorded with whatever comes next; a failure to store ends the session. */
const put = (session: RunSession, draft: EventDraft, alongside: Alongside = {}): void =>
  void session.writer.record(draft, alongside).catch(() => {});
