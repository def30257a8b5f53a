import type { RunLog } from '../core/ports.ts';

/** The same log with some of its methods done otherwise. */
export const changedLog = (log: RunLog, changes: Partial<RunLog>): RunLog =>
  new Proxy(log, {
    get(target, name: keyof RunLog) {
      return changes[name] ?? target[name].bind(target);
    },
  });
