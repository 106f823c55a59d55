import {setTimeout as delay} from 'node:timers/promises';
import {NodeLeases} from '../maintenance/node-leases.ts';
import {MoveError} from './move-error.ts';
import type {MovedStore} from './moved-store.ts';

const LEASE = 'move';
/** Of one that was killed; longer than the beat of whoever has it. */
const LEASE_MS = 15_000;
const RETRY_MS = 250;

export interface WhileMovingOptions {
  /** This process: the same again after it was killed. */
  readonly holder: string;
  readonly signal: AbortSignal;
  readonly clock?: () => number;
  /** How long another command is waited for, which may have been killed. */
  readonly patienceMs?: number;
}

/** Does `work` while nobody else moves any of the stores. @throws MoveError where another does; and as `work` */
export async function whileMoving<T>(
  stores: readonly Pick<MovedStore, 'leases' | 'shown'>[],
  options: WhileMovingOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [store, ...others] = stores;
  if (!store) return work(options.signal);
  const {holder, signal, clock = Date.now, patienceMs = LEASE_MS + 2 * RETRY_MS} = options;
  const leases = new NodeLeases({
    leases: store.leases,
    holder,
    clock,
    leaseMs: LEASE_MS,
    log: {warn: () => undefined},
  });
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    let outcome: {readonly value: T} | undefined;
    await leases.whileHeld(LEASE, async (lost) => {
      const both = {...options, signal: AbortSignal.any([signal, lost])};
      outcome = {value: await whileMoving(others, both, work)};
    });
    if (outcome) return outcome.value;
    if (performance.now() > givesUpAt) {
      throw new MoveError('refused', `Another webkms admin migrate is at work on the store ${store.shown}.`);
    }
    await delay(RETRY_MS, undefined, {signal}).catch(() => signal.throwIfAborted());
  }
}
