import { StemmaError } from '../core/errors.ts';
import type { EventData } from '../core/events.ts';
import type { Sha256 } from '../core/ids.ts';
import type { Level, Verdict } from '../core/schema.ts';
import type { ArtifactRef, Cleared } from '../core/stage.ts';
import type { AttemptPlace, AttemptScope } from './attempt.ts';
import { judge } from './safety/judge.ts';
import type { Judgement } from './safety/judge.ts';

/** What the gateway found out about one artifact; the terms stand in the evidence artifact only. */
export interface Decision {
  readonly verdict: Verdict;
  readonly judgement: Judgement | undefined;
}

/** Where in a run a text stands; the table of spec chapter 6 asks. */
type Position = 'input' | 'context' | 'output';
const POSITIONS: { readonly [type: string]: Position } = {
  input: 'input',
  translation: 'input',
  task: 'context',
  context: 'context',
  parameters: 'context',
};

/**
 * The safety gateway of one run. It stands before every step whose stage calls a capability and judges each text the
 * step reads, whoever wrote it, unless the same bytes have passed at this level and policy. Pipelines can show its
 * decisions as steps; they cannot leave it out, because providers accept only what it has cleared.
 */
export class Gateway {
  readonly #place: AttemptPlace;
  readonly #level: Level;
  readonly #passed = new Map<Sha256, Verdict>();
  readonly #issued = new WeakSet<object>();

  constructor(place: AttemptPlace, level: Level) {
    this.#place = place;
    this.#level = level;
    for (const stored of place.session.fold.verdicts) {
      const { evidence: _evidence, ...verdict } = stored;
      this.#remember(verdict);
    }
  }

  /** The decision about an artifact; nothing is recorded yet. */
  async decide(artifact: ArtifactRef): Promise<Decision> {
    return this.#judge(artifact, await this.#place.artifacts.text(artifact.id));
  }

  #judge(artifact: ArtifactRef, text: string): Decision {
    const { engine } = this.#place;
    const before = engine.clock.monotonicMs();
    const position = POSITIONS[artifact.type] ?? 'output';
    const judgement = judge(engine.policy, { text, level: this.#level, position });
    const { check, decision, method } = judgement;
    const durationMs = Math.max(0, Math.round(engine.clock.monotonicMs() - before));
    const place = { subject: artifact.id, level: this.#level, policyVersion: engine.policy.version };
    const found = judgement.class === undefined ? {} : { class: judgement.class };
    return { verdict: { check, decision, method, ...place, ...found, durationMs }, judgement };
  }

  /**
   * Judges what has not passed yet and records it with one evidence artifact; the first block, if there is one. Steps
   * that run side by side and read the same bytes judge them once.
   */
  async admit(subjects: readonly ArtifactRef[], scope: AttemptScope): Promise<Verdict | undefined> {
    const texts = new Map<Sha256, string>();
    for (const { id, sha256 } of subjects)
      if (!this.#passed.has(sha256)) texts.set(sha256, await this.#place.artifacts.text(id));
    // from here to the last remembered verdict within one turn
    const decisions: Decision[] = [];
    for (const [sha256, text] of texts) {
      const subject = subjects.find((one) => one.sha256 === sha256);
      if (subject === undefined || this.#passed.has(sha256)) continue;
      const decision = this.#judge(subject, text);
      this.#remember(decision.verdict);
      decisions.push(decision);
    }
    if (decisions.length === 0) return undefined;
    await this.record(decisions, scope, { type: 'gateway', work: true });
    return decisions.find(({ verdict }) => verdict.decision === 'block')?.verdict;
  }

  /** Writes the evidence and one event per decision. */
  async record(
    decisions: readonly Decision[],
    scope: AttemptScope,
    evidenceAs: { readonly type: string; readonly work: boolean },
  ): Promise<ArtifactRef> {
    const { artifacts, session } = this.#place;
    const [only, ...others] = decisions.map(({ verdict, judgement }) => ({
      ...verdict,
      terms: judgement?.terms ?? [],
    }));
    const body = `${JSON.stringify(others.length === 0 ? only : [only, ...others], undefined, 2)}\n`;
    const sources = decisions.map(({ verdict }) => verdict.subject);
    const evidence = await artifacts.create({ ...evidenceAs, body, sources }, scope);
    for (const [index, { verdict }] of decisions.entries()) {
      const data: EventData['safety.verdict'] = { ...verdict, evidence: evidence.committed };
      const rows = index === 0 ? { artifacts: [evidence.row] } : {};
      const place = { stepPath: scope.path, attempt: scope.attempt, spanId: scope.spanId };
      session.writer.record({ type: 'safety.verdict', ...place, data }, rows).catch(() => {}); // ends the session
      this.#remember(verdict);
    }
    return artifacts.ref(evidence.row.id);
  }

  /** @throws {StemmaError} SAFETY_UNCHECKED when these bytes have not passed */
  async clear(artifact: ArtifactRef): Promise<Cleared> {
    const verdict = this.#passed.get(artifact.sha256);
    if (verdict === undefined)
      throw new StemmaError('SAFETY_UNCHECKED', `${artifact.id} has no passing verdict for its bytes.`, {
        hint: 'A stage may only clear artifacts that came to it as inputs.',
      });
    const cleared = Object.freeze({ text: await this.#place.artifacts.text(artifact.id), verdict }) as Cleared;
    this.#issued.add(cleared);
    return cleared;
  }

  /**
   * Refuses a request with a text that this gateway did not clear. Strings outside `Cleared` values may only be
   * closed words: names of styles, languages, procedures.
   *
   * @throws {StemmaError} SAFETY_UNCHECKED
   */
  assertCleared(request: unknown, at = 'request'): void {
    if (typeof request === 'string' && !CLOSED_WORD.test(request)) throw unchecked(at);
    if (typeof request !== 'object' || request === null) return;
    if (ArrayBuffer.isView(request)) throw unchecked(at);
    if ('verdict' in request) {
      if (!this.#issued.has(request)) throw unchecked(at);
      return;
    }
    for (const [key, value] of Object.entries(request)) {
      if (!CLOSED_WORD.test(key)) throw unchecked(at);
      this.assertCleared(value, `${at}.${key}`);
    }
  }

  #remember(verdict: Verdict): void {
    const { level, policyVersion, decision, subject } = verdict;
    const sameRules = level === this.#level && policyVersion === this.#place.engine.policy.version;
    // a subject that is not there was made by an attempt that a crash cut short: its bytes are judged anew
    if (!sameRules || decision === 'block' || !this.#place.artifacts.has(subject)) return;
    this.#passed.set(this.#place.artifacts.row(subject).sha256, verdict);
  }
}

const CLOSED_WORD = /^[\w./@:-]{0,120}$/;

const unchecked = (at: string): StemmaError =>
  new StemmaError('SAFETY_UNCHECKED', `The text at ${at} has not been cleared by the gateway.`, {
    hint: 'Pass the result of context.cleared(artifact), not a text of your own.',
  });
