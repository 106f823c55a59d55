import {NotAllowedError} from '../errors.ts';
import type {CapabilityChain} from './capability-chain.ts';
import {CLOCK_SKEW_SECONDS} from './limits.ts';

const SKEW_MS = CLOCK_SKEW_SECONDS * 1000;

/** Checks what time alone decides; so on every request (R34). @param now Unix seconds. @throws NotAllowedError */
export function assertChainTime(
  chain: CapabilityChain,
  {now, invoked}: {readonly now: number; readonly invoked: number},
): void {
  const nowMs = now * 1000;
  for (const link of chain.links) {
    if (nowMs - link.expires >= SKEW_MS) {
      throw new NotAllowedError(
        'expired',
        link === chain.tail
          ? 'The invoked capability has expired.'
          : 'A capability in the delegation chain has expired.',
      );
    }
    if (link.proof.created - nowMs >= SKEW_MS) {
      throw new NotAllowedError(
        'not-yet-valid',
        'A delegated capability in the delegation chain was delegated in the future.',
      );
    }
  }
  if (chain.tail.proof.created - invoked * 1000 >= SKEW_MS) {
    throw new NotAllowedError(
      'not-yet-valid',
      'A delegated capability must not be invoked before the "created" date in its delegation proof.',
    );
  }
}
