import { eventHash, GENESIS, parseLogEvent } from '../../core/events.ts';
import type { InstallationEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { RunId } from '../../core/ids.ts';
import type { App } from '../context.ts';
import { fromHex } from './hex.ts';
import type { VerifyProblem } from './problem.ts';
import type { StoredRun } from './stored-run.ts';

/** What says that a run's content was deleted. */
export type Receipt = Extract<InstallationEvent, { type: 'content.deleted' }>;

/** Nothing of the content is left, and the receipt speaks of this very chain. */
export async function checkDeletion(app: App, stored: StoredRun): Promise<VerifyProblem[]> {
  const { runId, head, bodies, artifacts = [], files } = stored;
  const { receipts, problems } = await readReceipts(app, runId);
  const fits = ({ data }: Receipt): boolean => data.hash === head.hash && data.events === bodies.length;
  const [receipt] = receipts;
  if (receipt === undefined) problems.push({ what: 'receipt', problem: 'of the deletion is missing' });
  else if (!receipts.some(fits))
    problems.push({ what: 'receipt', problem: `of the deletion speaks of another chain (${receipt.data.hash})` });
  return [
    ...problems,
    ...artifacts.map(({ id }) => ({ what: id, problem: 'still has its row, though the content was deleted' })),
    ...files.map(({ path }) => ({
      what: path,
      problem: `still lies there, though the content was deleted; run \`stemma runs delete ${runId} --yes\` again`,
    })),
  ];
}

/** The receipts of a run, and whether the installation's log is a whole chain. */
async function readReceipts(app: App, runId: RunId): Promise<{ receipts: Receipt[]; problems: VerifyProblem[] }> {
  const receipts: Receipt[] = [];
  let last: Uint8Array = GENESIS;
  for await (const { body, hash, position, seq } of app.store.installation.bodies()) {
    last = eventHash(app.digest, last, body);
    if (toHex(last) !== hash)
      return { receipts, problems: [{ what: `installation event ${seq}`, problem: 'is not what was recorded' }] };
    const event = parseLogEvent(body, { position, hash: fromHex(hash) });
    if (event.type === 'content.deleted' && event.data.runId === runId) receipts.push(event);
  }
  return { receipts, problems: [] };
}
