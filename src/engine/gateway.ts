import { StemmaError } from '../core/errors.ts';
import type { EventData } from '../core/events.ts';
import { toHex } from '../core/ids.ts';
import type { Sha256 } from '../core/ids.ts';
import type { Facts } from '../core/json.ts';
import { promptDocument, assemblePrompt, sentForms } from '../core/prompt.ts';
import type { Level, Verdict } from '../core/schema.ts';
import type { ArtifactDraft, ArtifactRef, Cleared } from '../core/stage.ts';
import type { AttemptPlace, WritingScope } from './attempt.ts';
import { takeRequest } from './clearance.ts';
import type { TakenRequest } from './clearance.ts';
import { closedFacts } from './fault.ts';
import { judge } from './safety/judge.ts';
import type { Judgement } from './safety/judge.ts';

/** What the gateway found out about one artifact; the terms stand in the evidence artifact only. */
export interface Decision {
  readonly verdict: Verdict;
  readonly terms: Evidence['terms'];
  /** Of the bytes that were judged. */
  readonly sha256: Sha256;
  /** In a replay: what is decided now, where that is not what was recorded and is followed. */
  readonly differs?: Facts;
}

/** One decision as evidence shows it. It names what was judged by its bytes, so that the same bytes give the same evidence. */
export interface Evidence extends Omit<Verdict, 'subject' | 'durationMs'> {
  readonly sha256: Sha256;
  readonly terms: Judgement['terms'];
}

/** A decision of an earlier run about the same bytes. */
export interface RecordedDecision {
  readonly verdict: Verdict;
  readonly terms: Evidence['terms'];
}

/** What the run that is replayed has decided. */
export interface RecordedVerdicts {
  of(artifact: Pick<ArtifactRef, 'type' | 'sha256'>): Promise<RecordedDecision | undefined>;
}

/** What is known of an artifact before it is judged. */
interface Known {
  /** Undefined for what is no text and cannot be judged yet. */
  readonly texts: readonly string[] | undefined;
  readonly recorded: RecordedDecision | undefined;
}

/** What the gateway judges: an artifact's text, and the other forms in which the same words may reach a model. */
export interface Subject {
  readonly artifact: ArtifactRef;
  readonly forms?: readonly string[];
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

/** Which rules the code follows with a policy's lists. Raised whenever the same lists may decide otherwise than before. */
const RULES_VERSION = 'r1';
const MOST_VERSION_CHARACTERS = 80;
const MARK_CHARACTERS = 17;

/** One name for the lists and the rules; a long policy loses the end of its name, never the mark of its content. */
export function rulesOf(policyVersion: string): string {
  const end = `~${RULES_VERSION}`;
  const room = MOST_VERSION_CHARACTERS - end.length;
  if (policyVersion.length <= room) return policyVersion + end;
  return policyVersion.slice(0, room - MARK_CHARACTERS) + policyVersion.slice(-MARK_CHARACTERS) + end;
}

/**
 * The safety gateway of one run. It stands before every step whose stage calls a capability or hands over a result, and
 * judges each text the step reads, whoever wrote it, unless the same bytes have passed at this level and policy; at the
 * funnel it judges what is sent, as it is sent. Pipelines can show its decisions as steps; they cannot leave it out,
 * because providers accept only what it has cleared.
 */
export class Gateway {
  readonly #place: AttemptPlace;
  readonly #level: Level;
  readonly #rules: string;
  readonly #recorded: RecordedVerdicts | undefined;
  /** Bytes about which it has been told that they would be judged otherwise now. */
  readonly #told = new Set<Sha256>();
  readonly #passed = new Map<Sha256, Verdict>();
  /** Decisions on their way to the disk: nobody may build on them before. */
  readonly #storing = new Map<Sha256, Promise<unknown>>();
  readonly #issued = new WeakSet<object>();

  /** @param recorded - in a replay: decisions that are followed */
  constructor(place: AttemptPlace, level: Level, recorded?: RecordedVerdicts) {
    this.#place = place;
    this.#level = level;
    this.#recorded = recorded;
    this.#rules = rulesOf(place.engine.policy.version);
    for (const stored of place.session.fold.verdicts) {
      const { evidence: _evidence, ...verdict } = stored;
      this.#remember(verdict);
    }
  }

  /** The decision about an artifact; nothing is recorded yet. */
  async decide(artifact: ArtifactRef): Promise<Decision> {
    return this.#judge(artifact, await this.#known({ artifact }));
  }

  /**
   * Judges what has not passed yet and records it with one evidence artifact; the first block, if there is one. Steps
   * that run side by side and read the same bytes judge them once. When it resolves, the verdicts are on disk.
   */
  async admit(subjects: readonly Subject[], scope: WritingScope): Promise<Verdict | undefined> {
    const open = new Map<Subject, Known>();
    for (const subject of subjects) if (!this.#hasPassed(subject)) open.set(subject, await this.#known(subject));
    // from here to the last remembered verdict within one turn
    const decisions: Decision[] = [];
    const fresh = new Set<Sha256>();
    for (const [subject, known] of open) {
      const { artifact } = subject;
      if (this.#hasPassed(subject) || fresh.has(artifact.sha256)) continue;
      const decision = this.#judge(artifact, known);
      const marks = [artifact.sha256, ...(known.texts ?? []).map((text) => this.#markOf(text))];
      for (const mark of marks) fresh.add(mark);
      if (decision.verdict.decision !== 'block') for (const mark of marks) this.#passed.set(mark, decision.verdict);
      decisions.push(decision);
    }
    if (decisions.length > 0) this.#store(decisions, fresh, scope);
    await this.#stored([...fresh, ...subjects.map(({ artifact }) => artifact.sha256)]);
    return decisions.find(({ verdict }) => verdict.decision === 'block')?.verdict;
  }

  /** Judges a text that is about to leave a step, in all its forms; it is kept in `work/` unless it has passed before. */
  async admitText(
    draft: ArtifactDraft & { readonly body: string },
    forms: readonly string[],
    scope: WritingScope,
  ): Promise<Verdict | undefined> {
    const marks = forms.map((form) => this.#markOf(form));
    await this.#stored(marks);
    if (marks.every((mark) => this.#passed.has(mark))) return undefined;
    const written = await this.#place.artifacts.create({ ...draft, work: true }, scope);
    scope.written.push(written);
    return this.admit([{ artifact: this.#place.artifacts.ref(written.row.id), forms }], scope);
  }

  /**
   * The request as it may be sent: a copy that nobody can change any more.
   *
   * @throws {StemmaError} SAFETY_UNCHECKED when it holds a text that this gateway did not clear
   */
  take<R>(request: R): TakenRequest<R> {
    return takeRequest(request, (value): value is Cleared => this.#issued.has(value));
  }

  /** Judges what is really sent: all texts together in the request's order, as prompts are assembled, and the words. */
  async admitRequest(taken: TakenRequest<unknown>, scope: WritingScope): Promise<Verdict | undefined> {
    const { texts, language, words } = taken;
    const prompt = { type: 'prompt', body: promptDocument(assemblePrompt(texts, language)) };
    const blocked = await this.admitText(prompt, sentForms(texts, language), scope);
    if (blocked !== undefined) return blocked;
    const rows = [words.values.join(' '), words.keys.join(' ')].filter((row) => row !== '');
    const forms = [...new Set(rows.flatMap((row) => [row, row.replaceAll(/[_./@:-]+/g, ' ')]))];
    // closed words are no artifact: only what stops them is recorded
    const judgement = forms.length === 0 ? HARMLESS : this.#worst(forms, 'output');
    if (judgement !== undefined && judgement.decision !== 'block') return undefined;
    return this.admitText({ type: 'prompt', body: forms.join('\n') }, forms, scope);
  }

  /** Writes the evidence and one event per decision; resolves when they are on disk. */
  async record(
    decisions: readonly Decision[],
    scope: WritingScope,
    evidenceAs: { readonly type: string; readonly work: boolean },
  ): Promise<ArtifactRef> {
    const { artifacts, session } = this.#place;
    const [only, ...others] = decisions.map(toEvidence);
    const body = `${JSON.stringify(others.length === 0 ? only : [only, ...others], undefined, 2)}\n`;
    const sources = decisions.map(({ verdict }) => verdict.subject);
    const evidence = await artifacts.create({ ...evidenceAs, body, sources }, scope);
    const recorded = decisions.map(({ verdict }, index) => {
      const data: EventData['safety.verdict'] = { ...verdict, evidence: evidence.committed };
      const rows = index === 0 ? { artifacts: [evidence.row] } : {};
      const place = { stepPath: scope.path, attempt: scope.attempt, spanId: scope.spanId };
      return session.writer.record({ type: 'safety.verdict', ...place, data }, rows);
    });
    for (const decision of decisions) this.#tell(decision, scope);
    await Promise.all(recorded);
    for (const { verdict } of decisions) this.#remember(verdict);
    return artifacts.ref(evidence.row.id);
  }

  /** @throws {StemmaError} SAFETY_UNCHECKED when these bytes have not passed */
  async clear(artifact: ArtifactRef): Promise<Cleared> {
    await this.#stored([artifact.sha256]);
    const verdict = this.#passed.get(artifact.sha256);
    if (verdict === undefined)
      throw new StemmaError('SAFETY_UNCHECKED', `${artifact.id} has no passing verdict for its bytes.`, {
        hint: 'A stage may only clear artifacts that came to it as inputs.',
      });
    const cleared = Object.freeze({ text: await this.#place.artifacts.text(artifact.id), verdict }) as Cleared;
    this.#issued.add(cleared);
    return cleared;
  }

  #hasPassed({ artifact, forms = [] }: Subject): boolean {
    return this.#passed.has(artifact.sha256) && forms.every((form) => this.#passed.has(this.#markOf(form)));
  }

  async #stored(marks: readonly Sha256[]): Promise<void> {
    await Promise.all(marks.map(async (mark) => this.#storing.get(mark)));
  }

  /** A decision that could not be stored counts for nobody. */
  #store(decisions: readonly Decision[], marks: ReadonlySet<Sha256>, scope: WritingScope): void {
    const storing = this.record(decisions, scope, { type: 'gateway', work: true });
    for (const mark of marks) this.#storing.set(mark, storing);
    const forget = (): void => {
      for (const mark of marks) this.#storing.delete(mark);
    };
    storing.then(forget, () => {
      forget();
      for (const mark of marks) this.#passed.delete(mark);
    });
  }

  async #known({ artifact, forms = [] }: Subject): Promise<Known> {
    const recorded = await this.#recorded?.of(artifact);
    if (!TEXT.test(artifact.mediaType)) return { texts: undefined, recorded };
    return { texts: [...new Set([await this.#place.artifacts.text(artifact.id), ...forms])], recorded };
  }

  #judge(artifact: ArtifactRef, { texts, recorded }: Known): Decision {
    const own = this.#decide(artifact, texts);
    return recorded === undefined ? own : followed(own, { type: artifact.type, recorded });
  }

  #decide({ id, type, sha256 }: ArtifactRef, texts: readonly string[] | undefined): Decision {
    const { clock } = this.#place.engine;
    const before = clock.monotonicMs();
    const position = POSITIONS[type] ?? 'output';
    const judgement = texts === undefined ? undefined : this.#worst(texts, position);
    const durationMs = Math.max(0, Math.round(clock.monotonicMs() - before));
    const place = { subject: id, level: this.#level, policyVersion: this.#rules };
    if (judgement === undefined) {
      const verdict = { check: 'lists', decision: 'block', method: 'unavailable', ...place, durationMs } as const;
      return { verdict, terms: [], sha256 };
    }
    const { check, decision, method, terms } = judgement;
    const found = judgement.class === undefined ? {} : { class: judgement.class };
    return { verdict: { check, decision, method, ...place, ...found, durationMs }, terms, sha256 };
  }

  /** That a replay would have decided otherwise stands in the record, once for the same bytes. */
  #tell({ differs: facts, sha256 }: Decision, { path: stepPath, attempt, spanId }: WritingScope): void {
    if (facts === undefined || this.#told.has(sha256)) return;
    this.#told.add(sha256);
    const note = { type: 'note', stepPath, attempt, spanId, data: { kind: VERDICT_DIFFERS, facts } } as const;
    this.#place.session.writer.record(note).catch(() => {}); // ends the session
  }

  /** The judgement of the form that fares worst; undefined when one of them got no answer. */
  #worst(texts: readonly string[], position: Position): Judgement | undefined {
    let worst: Judgement | undefined;
    for (const text of texts) {
      const judgement = this.#weigh(text, position);
      if (judgement === undefined) return undefined;
      if (worst === undefined || SEVERITY[judgement.decision] > SEVERITY[worst.decision]) worst = judgement;
    }
    return worst;
  }

  /** Undefined when the check fails: what nobody could judge does not pass. */
  #weigh(text: string, position: Position): Judgement | undefined {
    try {
      return judge(this.#place.engine.policy, { text, level: this.#level, position });
    } catch {
      return undefined;
    }
  }

  #markOf(text: string): Sha256 {
    return toHex(this.#place.engine.digest.sha256(text)) as Sha256;
  }

  #remember(verdict: Verdict): void {
    const { level, policyVersion, decision, subject } = verdict;
    const sameRules = level === this.#level && policyVersion === this.#rules;
    // a subject that is not there was made by an attempt that a crash cut short: its bytes are judged anew
    if (!sameRules || decision === 'block' || !this.#place.artifacts.has(subject)) return;
    this.#passed.set(this.#place.artifacts.row(subject).sha256, verdict);
  }
}

/** The kind of the note that tells of a replay's own decision. */
export const VERDICT_DIFFERS = 'verdict.differs';

/** The keys stand in a fixed order, whether the verdict was made here or comes from a record. */
function toEvidence({ verdict, terms, sha256 }: Decision): Evidence {
  const { check, level, decision, method, policyVersion, class: found, model } = verdict;
  const optional = { ...(found === undefined ? {} : { class: found }), ...(model === undefined ? {} : { model }) };
  return { sha256, check, level, decision, method, ...optional, policyVersion, terms };
}

/** What was decided then holds, whatever is decided now. */
function followed(own: Decision, at: { readonly type: string; readonly recorded: RecordedDecision }): Decision {
  const { recorded, type } = at;
  const { subject, durationMs, check, decision } = own.verdict;
  const verdict = { ...recorded.verdict, subject, durationMs };
  const isSame = decision === verdict.decision && check === verdict.check && own.verdict.class === verdict.class;
  const both = { ...own, verdict, terms: recorded.terms };
  if (isSame) return both;
  const facts = { type, recorded: verdict.decision, now: decision, recordedCheck: verdict.check, nowCheck: check };
  return { ...both, differs: closedFacts(facts) };
}

const TEXT = /^(text\/|application\/json$)/;
const HARMLESS: Pick<Judgement, 'decision'> = { decision: 'pass' };
const SEVERITY = { pass: 0, note: 1, warn: 2, block: 3 } as const;
