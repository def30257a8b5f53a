import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface ScratchFolder extends Disposable {
  readonly path: string;
  readonly file: (name: string) => string;
}

/** A folder that is gone when the measurement is over, or when this process ends before. */
export function scratchFolder(parent: string): ScratchFolder {
  const path = mkdtempSync(join(parent, 'stemma-bench-'));
  // a server that may not run as root reaches its own folder through this one
  chmodSync(path, 0o755);
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.once('exit', remove);
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}
