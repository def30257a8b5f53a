import { createHash } from 'node:crypto';
import type { ChronicleSource } from '../../src/core/chronicle.ts';
import { pipelineSchema } from '../../src/core/definitions.ts';
import type { PipelineDefinition } from '../../src/core/definitions.ts';
import { GENESIS, assertEventData, eventBody, eventHash, parseEvent } from '../../src/core/events.ts';
import type { EventData, EventDraft, RunEvent } from '../../src/core/events.ts';
import { artifactId, spanIdOf } from '../../src/core/ids.ts';
import type { ArtifactId, Digest, Instant, RunId, Sha256, StepPath, WorkerId } from '../../src/core/ids.ts';
import type { ArtifactRow } from '../../src/core/ports.ts';
import type { Committed, Level } from '../../src/core/schema.ts';

export const RUN = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10' as RunId;
export const BEGAN = Date.parse('2026-03-02T09:00:00.000Z');
export const SHA = 'a'.repeat(64) as Sha256;

export const digest: Digest = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

export const path = (text: string): StepPath => text as StepPath;

/** The four stages of the studio: check, translate, rewrite, then check and make each output. */
export const STUDIO: PipelineDefinition = pipelineSchema.parse({
  title: 'Studio',
  steps: [
    { id: 'check', use: 'safety-input' },
    { id: 'translate', use: 'translate' },
    { id: 'interception', use: 'intercept', repeat: { times: 'parameters.iterations' } },
    {
      id: 'outputs',
      forEach: 'outputs',
      steps: [
        { id: 'optimize', use: 'optimize', when: 'output.optimize' },
        { id: 'check', use: 'safety-output' },
        { id: 'generate', use: 'output.chunk' },
      ],
    },
  ],
});

/** An artifact as a test names it: its type, and its text when it is one. */
export interface ToldArtifact {
  readonly type: string;
  readonly text?: string;
  readonly work?: boolean;
  readonly row?: Partial<ArtifactRow>;
}

export interface ToldEnd extends Partial<Omit<EventData['attempt.ended'], 'outputs'>> {
  readonly makes?: readonly ToldArtifact[];
}

export const createdData: EventData['run.created'] = {
  config: 'dada',
  pipeline: 'text-to-media',
  profile: 'offline',
  outputs: ['image'],
  definitions: SHA,
  level: 'kids',
  policy: '1',
  lang: 'en',
  seed: 7,
  priority: 'normal',
  given: [],
  stemma: '0.1.0',
};

/** A run told event by event, 100 ms apart: validated, numbered and chained as a log does it. */
export class ToldRun {
  readonly events: RunEvent[] = [];
  readonly artifacts: ArtifactRow[] = [];
  readonly texts = new Map<ArtifactId, string>();
  #last = GENESIS;

  constructor(own: Partial<EventData['run.created']> = {}, given: readonly ToldArtifact[] = [INPUT]) {
    const committed = given.map((artifact) => this.artifact(artifact));
    this.say({ type: 'run.created', data: { ...createdData, given: committed, ...own } });
  }

  get now(): Instant {
    return (BEGAN + this.events.length * 100) as Instant;
  }

  say(draft: EventDraft): this {
    const place = { seq: this.events.length + 1, at: this.now };
    const body = eventBody(RUN, place, assertEventData(draft));
    this.#last = Uint8Array.from(eventHash(digest, this.#last, body));
    this.events.push(parseEvent(body, { position: place.seq, hash: this.#last }));
    return this;
  }

  artifact({ type, text, work = false, row = {} }: ToldArtifact, stepPath?: StepPath): Committed {
    const number = this.artifacts.filter(({ id }) => id.includes('/work/') === work).length + 1;
    const id = artifactId({ runId: RUN, work, number, type, extension: text === undefined ? 'png' : 'txt' });
    const mediaType = text === undefined ? 'image/png' : 'text/plain';
    const plain = { id, runId: RUN, type, mediaType, sha256: SHA, salt: '0'.repeat(32), sizeBytes: 3, sources: [] };
    this.artifacts.push({ ...plain, ...(stepPath === undefined ? {} : { stepPath }), ...row });
    if (text !== undefined) this.texts.set(id, text);
    return { id, commitment: SHA };
  }

  start(step: string, own: Partial<EventData['attempt.started']> = {}, attempt = 1): this {
    const data = { stage: 'text.interception', stageVersion: 1, definition: SHA, inputs: [], queuedMs: 0, ...own };
    const worker = 'worker-1' as WorkerId;
    return this.say({ type: 'attempt.started', ...this.#name(step, attempt), data: { worker, ...data } });
  }

  end(step: string, { makes = [], ...own }: ToldEnd = {}, attempt = 1): this {
    const outputs = makes.map((artifact) => this.artifact(artifact, path(step)));
    const data = { state: 'succeeded' as const, facts: {}, durationMs: 40, outputs, ...own };
    return this.say({ type: 'attempt.ended', ...this.#name(step, attempt), data });
  }

  /** One attempt from its start to its end. */
  step(step: string, stage: string, end: ToldEnd = {}): this {
    return this.start(step, { stage }).end(step, end);
  }

  verdict(step: string, own: Partial<EventData['safety.verdict']>, evidence: ToldArtifact = EVIDENCE): this {
    const level: Level = 'kids';
    const plain = { check: 'age', level, decision: 'pass' as const, method: 'list' as const, policyVersion: '1' };
    const subject = this.artifacts[0]?.id ?? ('none' as ArtifactId);
    const data = { ...plain, subject, durationMs: 1, evidence: this.artifact(evidence, path(step)), ...own };
    return this.say({ type: 'safety.verdict', ...this.#name(step, 1), data });
  }

  skip(step: string, because: 'condition' | 'dependency'): this {
    return this.say({ type: 'step.skipped', stepPath: path(step), data: { because } });
  }

  begin(): this {
    return this.say({ type: 'run.started', data: {} });
  }

  finish(state: EventData['run.ended']['state'], own: Partial<EventData['run.ended']> = {}): this {
    return this.say({ type: 'run.ended', data: { state, ...own } });
  }

  source(own: Partial<ChronicleSource> = {}): ChronicleSource {
    const { events, artifacts, texts, now } = this;
    const told = { events, artifacts, texts, now, digest, pipeline: STUDIO, configName: 'Dada' };
    const message = (key: string, facts: object): string => `${key} ${JSON.stringify(facts)}`;
    const alone = { branches: [], content: 'present' as const };
    return { ...told, ...alone, parameters: { iterations: 1 }, labels: {}, terms: [], message, ...own };
  }

  #name(step: string, attempt: number): Pick<EventDraft, 'stepPath' | 'attempt' | 'spanId'> {
    const at = { path: path(step), attempt };
    return { stepPath: at.path, attempt, spanId: spanIdOf(digest, RUN, at) };
  }
}

const INPUT: ToldArtifact = { type: 'input', text: 'A red fox sleeps.' };
const EVIDENCE: ToldArtifact = { type: 'gateway', text: '[]', work: true };
