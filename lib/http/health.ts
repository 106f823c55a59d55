import {UnavailableError} from '../errors.ts';
import type {Endpoint} from './endpoint.ts';
import type {Lifecycle} from './lifecycle.ts';

/** Something without which no request can be answered. */
export interface HealthCheck {
  /** A constant word, shown to everybody. */
  readonly name: string;
  /** Rejects where it fails. */
  check(): Promise<void>;
  /** Constant words for what is not there though requests can be answered: as the last check has found it. */
  missing?(): readonly string[];
}

/** A check that takes longer has failed. */
const CHECK_TIMEOUT_MS = 2000;
/** Anybody may ask, and checks write to the disk: that all is well is believed for so long. That it is not, never. */
const BELIEVED_MS = 1000;

/** `GET /health/live`: the process answers. */
export const live: Endpoint = async () => ({status: 200, body: {status: 'ok'}});

/** `GET /health/ready`: requests may be sent here. One round of checks at a time serves all who ask. */
export function createReady(
  checks: readonly HealthCheck[],
  lifecycle: Lifecycle,
  now: () => number = () => performance.now(),
): Endpoint {
  let round: Promise<string[]> | undefined;
  let believedUntil = -Infinity;
  return async ({log}) => {
    if (lifecycle.stopping) throw notReady(['draining']);
    if (now() >= believedUntil) {
      round ??= runChecks(checks, (name, err) => log.warn({check: name, err}, 'health check failed')).finally(
        () => (round = undefined),
      );
      const failed = await round;
      if (failed.length > 0) throw notReady(failed);
      believedUntil = now() + BELIEVED_MS;
    }
    const missing = checks.flatMap((check) => check.missing?.() ?? []);
    return {status: 200, body: {status: 'ok', ...(missing.length > 0 && {missing})}};
  };
}

function notReady(failed: readonly string[]): UnavailableError {
  return new UnavailableError('The server is not ready.', {details: {failed}});
}

/** @returns the names of those that fail, or take too long. */
export async function runChecks(
  checks: readonly HealthCheck[],
  onFailure: (name: string, error: unknown) => void,
): Promise<string[]> {
  const results = await Promise.allSettled(checks.map((check) => inTime(check)));
  return results.flatMap((result, index) => {
    const name = checks[index]?.name;
    if (result.status === 'fulfilled' || name === undefined) return [];
    onFailure(name, result.reason);
    return [name];
  });
}

async function inTime(healthCheck: HealthCheck): Promise<void> {
  const {promise, reject} = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`The check of ${healthCheck.name} took too long.`)),
    CHECK_TIMEOUT_MS,
  );
  try {
    await Promise.race([healthCheck.check(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
