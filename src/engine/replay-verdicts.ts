import type { ArtifactRef } from '../core/stage.ts';
import type { EventData } from '../core/events.ts';
import type { Engine } from './engine.ts';
import type { Evidence, RecordedDecision, RecordedVerdicts } from './gateway.ts';
import type { ReplayRecord } from './replay-record.ts';

type Recorded = EventData['safety.verdict'];

/** What a run has decided, by the bytes that were judged. */
export class ReplayVerdicts implements RecordedVerdicts {
  readonly #files: Engine['files'];
  /** By digest and type: the same words may count otherwise in another place. */
  readonly #exact = new Map<string, Recorded>();
  readonly #byBytes = new Map<string, Recorded>();

  constructor(files: Engine['files'], { verdicts, rows }: Pick<ReplayRecord, 'verdicts' | 'rows'>) {
    this.#files = files;
    for (const verdict of verdicts) {
      const row = rows.get(verdict.subject);
      if (row === undefined) continue;
      this.#exact.set(keyOf(row), verdict);
      this.#byBytes.set(row.sha256, verdict);
    }
  }

  async of(artifact: Pick<ArtifactRef, 'type' | 'sha256'>): Promise<RecordedDecision | undefined> {
    const found = this.#exact.get(keyOf(artifact)) ?? this.#byBytes.get(artifact.sha256);
    if (found === undefined) return undefined;
    const { evidence, ...verdict } = found;
    const bytes = await this.#files.read(evidence.id).catch(() => undefined);
    const entries = bytes === undefined ? [] : entriesOf(new TextDecoder().decode(bytes));
    const terms = entries.find(({ sha256 }) => sha256 === artifact.sha256)?.terms ?? [];
    return { verdict, terms };
  }
}

const keyOf = ({ type, sha256 }: Pick<ArtifactRef, 'type' | 'sha256'>): string => `${sha256} ${type}`;

function entriesOf(text: string): readonly Evidence[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return (Array.isArray(parsed) ? parsed : [parsed]) as readonly Evidence[];
  } catch {
    return [];
  }
}
