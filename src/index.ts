/** The public API for people who write stages and providers. */
export { ERROR_CODES, StemmaError } from './core/errors.ts';
export type { ErrorCode, StemmaErrorOptions } from './core/errors.ts';
export type { ArtifactId, RunId, Sha256, SpanId, StepPath } from './core/ids.ts';
export type { Facts, Json, LocalText } from './core/json.ts';
export type { Fault, Level, Usage, Verdict } from './core/schema.ts';
export { artifactInput, closedFact, closedWord, defineStage } from './core/stage.ts';
export type {
  AnyStage,
  ArtifactDraft,
  ArtifactRef,
  CallResult,
  Capabilities,
  Capability,
  Cleared,
  Extension,
  Offer,
  Outcome,
  Provider,
  ProviderCallContext,
  RequestOf,
  Stage,
  StageContext,
  StageInput,
} from './core/stage.ts';
