/**
 * Stages and providers: what people who extend Stemma write. A stage gets everything through its context, so that
 * every model call passes the gateway, the route and the record; there is no way around it.
 */
import { z } from 'zod';
import { StemmaError } from './errors.ts';
import type { ArtifactId, Brand, Instant, Sha256, StepPath } from './ids.ts';
import type { Facts, Json, LocalText } from './json.ts';
import { artifactIdSchema, sha256Schema } from './schema.ts';
import type { Fault, Usage, Verdict, Wait } from './schema.ts';

/** An artifact as the next step sees it. */
export interface ArtifactRef {
  readonly id: ArtifactId;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly type: string;
  /** ISO 639-1, when it is a text whose language is known. */
  readonly language?: string;
}

/** Bytes about to become an artifact. Its real media type is taken from the bytes, not from a claim. */
export interface ArtifactDraft {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly sources?: readonly ArtifactId[];
  /** Goes into the run's `work/` folder. */
  readonly work?: boolean;
  readonly language?: string;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** What an attempt that follows a wait is told. */
export interface Answer {
  /** What a person chose, or what holds when the time was over. */
  readonly choice?: string;
  /** A person's note, or what came with the signal. */
  readonly artifact?: ArtifactRef;
  /** The time was over and nobody had answered. */
  readonly expired?: boolean;
}

/** How a stage ends. Only a bug or broken infrastructure throws. */
export type Outcome<F extends Facts = Facts> =
  | {
      readonly state: 'done';
      readonly facts: F;
      readonly artifacts: readonly ArtifactRef[];
      readonly problems?: readonly Fault[];
    }
  | { readonly state: 'blocked'; readonly verdict: Verdict }
  | { readonly state: 'waiting'; readonly wait: Wait }
  | { readonly state: 'failed'; readonly fault: Fault };

/** A text that the gateway has let pass, with the verdict. Only the engine can make one. */
export type Cleared = Brand<{ readonly text: string; readonly verdict: Verdict }, 'Cleared'>;

export interface PromptPart {
  /** `task`, `context` and `prompt` are what the studio shows and lets people edit. */
  readonly name: string;
  readonly text: Cleared;
}

/** What can be asked of a provider, and what comes back. */
export interface Capabilities {
  'text.generate': {
    request: {
      readonly parts: readonly PromptPart[];
      /** ISO 639-1 of the text to rewrite; the answer keeps it. */
      readonly language?: string;
      /** What the offline provider does instead of a model; models pass over it. */
      readonly procedure?: string;
      /** Which iteration of a chain this is, from 1. */
      readonly iteration?: number;
      readonly temperature?: number;
      readonly maxTokens?: number;
    };
    result: { readonly text: string; readonly language?: string; readonly facts?: Facts };
  };
  'text.translate': {
    request: { readonly text: Cleared; readonly to: string };
    result: { readonly text: string; readonly from: string; readonly to: string; readonly facts?: Facts };
  };
  'image.generate': {
    request: {
      readonly prompt: Cleared;
      readonly width: number;
      readonly height: number;
      /** A style of the offline composition; models pass over it. */
      readonly style?: string;
    };
    result: { readonly media: readonly ArtifactDraft[]; readonly facts?: Facts };
  };
}
export type Capability = keyof Capabilities;
export type RequestOf<C extends Capability> = Capabilities[C]['request'];
export type ResultOf<C extends Capability> = Capabilities[C]['result'];

export type CallResult<C extends Capability> =
  | {
      readonly ok: true;
      readonly value: ResultOf<C>;
      /** As the service reported it. */
      readonly model: string;
      readonly usage: Usage;
      /** Request and reply as they went over the wire, secrets removed; kept in the run's `work/`. */
      readonly exchange?: Json;
    }
  | { readonly ok: false; readonly fault: Fault; readonly usage?: Usage; readonly exchange?: Json };

/** What a stage reads: artifacts by name, and closed values. */
export type StageInput = {
  readonly [name: string]: ArtifactRef | readonly ArtifactRef[] | number | boolean | string | undefined;
};

export interface StageContext<C extends Capability = Capability> {
  readonly stepPath: StepPath;
  /** `runId:stepPath`, for services that recognise a repeat. */
  readonly stepKey: string;
  /** From the run's seed and the step's path: order and concurrency cannot change it. */
  readonly seed: number;
  readonly signal: AbortSignal;
  /** The run's language (ISO 639-1). */
  readonly language: string;
  readonly now: Instant;
  /** Which iteration of the innermost loop this is, from 1; 1 outside loops. */
  readonly iteration: number;
  /** What came of the wait that the attempt before ended with. */
  readonly answer?: Answer;
  /** The one funnel to a model: gateway, route, recording, attempt record. At most once per attempt. */
  call(request: RequestOf<C>): Promise<CallResult<C>>;
  /** The artifact's text with its passing verdict. @throws {StemmaError} SAFETY_UNCHECKED */
  cleared(artifact: ArtifactRef): Promise<Cleared>;
  /** Shows the gateway's decision about an artifact as evidence of this step. */
  check(artifact: ArtifactRef, evidenceType: string): Promise<{ verdict: Verdict; evidence: ArtifactRef }>;
  text(artifact: ArtifactRef): Promise<string>;
  write(draft: ArtifactDraft): Promise<ArtifactRef>;
  /** Shown while it runs, never stored. */
  progress(update: { readonly done?: number; readonly total?: number; readonly partialText?: string }): void;
}

/** A Zod object: parses, and tells its fields by name. */
export type Shaped<T> = z.ZodType<T> & { readonly shape: z.core.$ZodShape };

/** A name of a style, a procedure, a voice: letters, digits and `./@:_-`, never a text. */
export const closedWord = z.string().regex(/^[\w./@:-]{1,64}$/, 'must be a name of letters and digits, without spaces');

/** One closed fact; `z.object({ … }).catchall(closedFact)` lets a provider add its own. */
export const closedFact = z.union([z.number(), z.boolean(), z.string(), z.null()]);

export interface Stage<
  I extends StageInput = StageInput,
  S = unknown,
  F extends Facts = Facts,
  C extends Capability = Capability,
> {
  /** Such as `text.interception`. */
  readonly type: string;
  /** Its major version: a parked run does not go on under another. */
  readonly version: number;
  readonly title: LocalText;
  readonly description?: LocalText;
  readonly input: Shaped<I>;
  readonly settings: Shaped<S>;
  readonly facts: Shaped<F>;
  /** `text`: its first text goes on as the prompt (`previous.text`). */
  readonly writes: 'text' | 'media' | 'nothing';
  /** The one capability an attempt may call, once; a second model call is a second step. */
  readonly calls?: C;
  run(input: I, settings: S, context: StageContext<C>): Promise<Outcome<F>>;
}

/** A stage whose parts have been held against each other and then hidden, so that all fit one registry. */
export type AnyStage = Brand<Stage, 'AnyStage'>;

const STAGE_TYPE = /^[a-z][a-z0-9]*(\.[a-z][a-zA-Z0-9]*)+$/;

/**
 * Makes a stage ready for the registry.
 *
 * @throws {StemmaError} EXTENSION_INVALID when type or version cannot be used
 */
export function defineStage<I extends StageInput, S, F extends Facts, C extends Capability = never>(
  stage: Stage<I, S, F, C>,
): AnyStage {
  if (!STAGE_TYPE.test(stage.type))
    throw new StemmaError('EXTENSION_INVALID', `"${stage.type}" is no stage type.`, {
      hint: 'Write two or more words joined by dots, such as text.reverse.',
    });
  if (!Number.isInteger(stage.version) || stage.version < 1)
    throw new StemmaError('EXTENSION_INVALID', `The version of ${stage.type} must be a whole number from 1.`);
  return stage as unknown as AnyStage;
}

/** How a stage declares that an input is an artifact. */
export const artifactInput = z.object({
  id: artifactIdSchema,
  sha256: sha256Schema,
  sizeBytes: z.number(),
  mediaType: z.string(),
  type: z.string(),
  language: z.string().optional(),
}) as unknown as z.ZodType<ArtifactRef, ArtifactRef>;

export interface ProviderCallContext {
  readonly model: string;
  readonly seed: number;
  readonly stepKey: string;
  readonly signal: AbortSignal;
  progress: StageContext['progress'];
}

export interface Offer<C extends Capability> {
  readonly models: readonly string[];
  /** Languages, sizes, tokens: what a request may ask for. */
  readonly limits: Json;
  estimate(request: RequestOf<C>): Usage;
  call(request: RequestOf<C>, context: ProviderCallContext): Promise<CallResult<C>>;
}

/** Adapter to a model or service. Errors are mapped to the error table once, here at its border. */
export interface Provider {
  readonly id: string;
  readonly location: 'local' | 'hosted';
  readonly offers: { readonly [C in Capability]?: Offer<C> };
  check(signal: AbortSignal): Promise<{ reachable: boolean; models: readonly string[]; latencyMs: number }>;
  /** Called on first use. */
  open?(): Promise<void>;
  /** Called once at shutdown, also after errors. */
  close?(): Promise<void>;
}

/** The one thing a pack or a plug-in exports. Folders hold `chunks/ pipelines/ configs/ outputs/ profiles/`, `<lang>.yaml`, `*.yaml`. */
export interface Extension {
  readonly id: string;
  readonly version: string;
  readonly stages?: readonly AnyStage[];
  readonly providers?: readonly Provider[];
  readonly definitions?: URL;
  readonly messages?: URL;
  readonly policies?: URL;
}
