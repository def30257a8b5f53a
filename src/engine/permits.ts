import type { PermitNeed } from '../core/ports.ts';
import type { Usage } from '../core/schema.ts';
import type { Limits } from '../core/limits.ts';

/** A call that is about to be made. */
export interface Demand {
  readonly provider: string;
  /** `provider/model`. */
  readonly candidate: string;
  readonly room: string | undefined;
  readonly estimate: Usage;
  /** Of a local model; undefined for what does not run here. */
  readonly vramMb: number | undefined;
}

interface Amount {
  readonly kind: PermitNeed['kind'];
  /** One where nothing is said. */
  readonly amount?: number;
}

/** The permits that a call needs: only those that the settings limit. */
export function permitsFor({ provider, candidate, room, estimate, vramMb }: Demand, limits: Limits): PermitNeed[] {
  const permits: PermitNeed[] = [];
  const need = (name: string, limit: number | undefined, { kind, amount = 1 }: Amount): void => {
    // one call that is larger than a whole minute's worth goes alone instead of never
    if (limit !== undefined && amount > 0) permits.push({ name, amount: Math.min(amount, limit), limit, kind });
  };
  const held: Amount = { kind: 'held' };
  const minute: Amount = { kind: 'minute' };
  const tokens = (estimate.tokensIn ?? 0) + (estimate.tokensOut ?? 0);
  need(`provider:${provider}`, limits.concurrency[provider], held);
  need(`model:${candidate}`, limits.concurrency[candidate], held);
  if (room !== undefined) need(`room:${room}`, limits.roomConcurrency, held);
  for (const key of [provider, candidate]) {
    need(`key:${key}:calls`, limits.callsPerMinute[key], minute);
    need(`key:${key}:tokens`, limits.tokensPerMinute[key], { ...minute, amount: tokens });
  }
  need('vram', limits.vramMb, { ...held, amount: vramMb ?? 0 });
  return permits;
}
