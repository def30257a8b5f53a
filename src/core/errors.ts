/** The one error class and the one table of codes. A code is a public contract: added, never renamed. */

export interface ErrorMeaning {
  readonly httpStatus: number;
  readonly exitCode: number;
  /** Whether another try of the same thing can help; decides retries, never the message's text. */
  readonly retryable: boolean;
}

/** Each code has a page under `docs/errors/`. */
export const ERROR_CODES = {
  INPUT_INVALID: { httpStatus: 400, exitCode: 2, retryable: false },
  DEFINITION_INVALID: { httpStatus: 422, exitCode: 2, retryable: false },
  EXTENSION_INVALID: { httpStatus: 500, exitCode: 2, retryable: false },
  UNAUTHENTICATED: { httpStatus: 401, exitCode: 2, retryable: false },
  FORBIDDEN: { httpStatus: 403, exitCode: 2, retryable: false },
  CONFIG_NOT_FOUND: { httpStatus: 404, exitCode: 2, retryable: false },
  RUN_NOT_FOUND: { httpStatus: 404, exitCode: 4, retryable: false },
  NOT_FOUND: { httpStatus: 404, exitCode: 4, retryable: false },
  CONTENT_DELETED: { httpStatus: 410, exitCode: 4, retryable: false },
  STATE_CONFLICT: { httpStatus: 409, exitCode: 5, retryable: false },
  IDEMPOTENCY_MISMATCH: { httpStatus: 409, exitCode: 5, retryable: false },
  LEASE_LOST: { httpStatus: 409, exitCode: 5, retryable: false },
  TOO_LARGE: { httpStatus: 413, exitCode: 2, retryable: false },
  MEDIA_REFUSED: { httpStatus: 415, exitCode: 2, retryable: false },
  RATE_LIMITED: { httpStatus: 429, exitCode: 6, retryable: true },
  AGE_LIMIT: { httpStatus: 422, exitCode: 3, retryable: false },
  SAFETY_BLOCKED: { httpStatus: 422, exitCode: 3, retryable: false },
  SAFETY_UNAVAILABLE: { httpStatus: 503, exitCode: 3, retryable: false },
  SAFETY_UNCHECKED: { httpStatus: 500, exitCode: 70, retryable: false },
  BUDGET_EXCEEDED: { httpStatus: 402, exitCode: 7, retryable: false },
  BUDGET_UNKNOWN: { httpStatus: 409, exitCode: 8, retryable: false },
  PROVIDER_UNREACHABLE: { httpStatus: 503, exitCode: 6, retryable: true },
  PROVIDER_RATE_LIMITED: { httpStatus: 503, exitCode: 6, retryable: true },
  NO_CANDIDATE: { httpStatus: 503, exitCode: 6, retryable: true },
  PROVIDER_TIMEOUT: { httpStatus: 504, exitCode: 6, retryable: true },
  PROVIDER_BAD_REPLY: { httpStatus: 502, exitCode: 6, retryable: true },
  PROVIDER_REFUSED: { httpStatus: 422, exitCode: 6, retryable: false },
  PROVIDER_AUTH: { httpStatus: 502, exitCode: 6, retryable: false },
  PROVIDER_KEY_HOST: { httpStatus: 502, exitCode: 6, retryable: false },
  MODEL_MISSING: { httpStatus: 503, exitCode: 6, retryable: false },
  STEP_TIMEOUT: { httpStatus: 504, exitCode: 1, retryable: true },
  RUN_TIMEOUT: { httpStatus: 504, exitCode: 1, retryable: false },
  REVIEW_REJECTED: { httpStatus: 409, exitCode: 1, retryable: false },
  WAIT_EXPIRED: { httpStatus: 409, exitCode: 1, retryable: false },
  STAGE_CHANGED: { httpStatus: 409, exitCode: 1, retryable: false },
  REPLAY_MISS: { httpStatus: 409, exitCode: 9, retryable: false },
  VERIFICATION_FAILED: { httpStatus: 500, exitCode: 9, retryable: false },
  STORE_CORRUPT: { httpStatus: 500, exitCode: 9, retryable: false },
  STORE_BUSY: { httpStatus: 503, exitCode: 1, retryable: true },
  STORE_FULL: { httpStatus: 503, exitCode: 1, retryable: true },
  STORE_NEWER: { httpStatus: 500, exitCode: 2, retryable: false },
  INTERNAL: { httpStatus: 500, exitCode: 70, retryable: false },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text);

/** Whether a fault with this code is worth another try; an extension's own code never is. */
export const isRetryable = (code: string): boolean => isErrorCode(code) && ERROR_CODES[code].retryable;

export interface StemmaErrorOptions {
  /** What the person can do next; one sentence. */
  readonly hint?: string;
  readonly facts?: { readonly [name: string]: string | number | boolean | null };
  readonly cause?: unknown;
}

/** Every expected failure. `message` says what was expected and what came; `hint` what to do next. */
export class StemmaError extends Error {
  override readonly name = 'StemmaError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly facts: { readonly [name: string]: string | number | boolean | null };

  constructor(code: ErrorCode, message: string, options: StemmaErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
  }

  get meaning(): ErrorMeaning {
    return ERROR_CODES[this.code];
  }
}

/** Any thrown value as a StemmaError; what was not expected becomes INTERNAL with the cause kept. */
export function toStemmaError(thrown: unknown): StemmaError {
  if (thrown instanceof StemmaError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new StemmaError('INTERNAL', text, {
    cause: thrown,
    hint: 'This is a bug in Stemma; please report it with the output of the same command and --debug.',
  });
}
