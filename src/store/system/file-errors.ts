import { StemmaError } from '../../core/errors.ts';

/** The system's name for what went wrong (`ENOENT`), if the thrown value carries one. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What a failed file operation means to a person; anything unexpected comes back as it was thrown. */
export function toFileError(cause: unknown, at: { readonly doing: string; readonly path: string }): unknown {
  const code = systemCode(cause) ?? '';
  if (FULL.has(code))
    return new StemmaError('STORE_FULL', `There is no space left for ${at.doing} in ${at.path}.`, {
      cause,
      facts: { system: code },
      hint: 'Free some space on that disk, then resume the run; what was written before is safe.',
    });
  if (REFUSED.has(code))
    return new StemmaError('FORBIDDEN', `The system does not allow ${at.doing} in ${at.path} (${code}).`, {
      cause,
      facts: { system: code },
      hint: `Give yourself the right to write to ${at.path}, or name another folder with --data.`,
    });
  if (code === 'ENOTDIR')
    return new StemmaError('INPUT_INVALID', `A part of ${at.path} is a file; ${at.doing} needs a folder there.`, {
      cause,
      facts: { system: code },
      hint: 'Move the file away, or name another folder with --data.',
    });
  return cause;
}
