import {setTimeout as sleep} from 'node:timers/promises';
import type {Logger} from 'pino';
import {InternalError} from '../errors.ts';
import {warningsOf, type KeyDefaults} from '../keys/key-defaults.ts';
import {findKeyType} from '../keys/key-types.ts';
import {eachOf} from '../storage/each-of.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyMaintenance} from '../storage/key-record-store.ts';
import type {KeystoreMaintenance, Page} from '../storage/keystore-config-store.ts';
import {Pace} from './pace.ts';

const EVERY_MS = 86_400_000;
const FIRST_WITHIN_MS = 3_600_000;
/** Records that are read at once. */
const PAGE = 50;

export interface KeyAgeReportOptions {
  /** The backend: to count keys nothing is verified. */
  readonly stores: {
    readonly keystores: Pick<KeystoreMaintenance, 'listIds'>;
    readonly keys: Pick<KeyMaintenance, 'list'>;
  };
  readonly defaults: KeyDefaults;
  readonly log: Logger;
  /** Whether the round is this node's. Never rejects. Default: it is */
  readonly mayRun?: (name: string, options: {readonly everyMs: number}) => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Default: a tenth of the time */
  readonly pace?: Pace;
}

/** Warns each day of keys that should be rotated, where any are. @returns a function that stops it, and waits until it has stopped */
export function startKeyAgeReport(options: KeyAgeReportOptions): () => Promise<void> {
  const stopping = new AbortController();
  const {signal} = stopping;
  const {mayRun = () => Promise.resolve(true)} = options;
  const running = (async () => {
    let pauseMs = Math.random() * FIRST_WITHIN_MS;
    for (;;) {
      await sleep(pauseMs, undefined, {signal, ref: false});
      if (await mayRun('key-age-report', {everyMs: EVERY_MS})) await reportKeyAges(options, signal);
      pauseMs = EVERY_MS * (0.9 + Math.random() * 0.2);
    }
  })().catch(() => undefined);
  return async () => {
    stopping.abort();
    await running;
  };
}

/**
 * Counts the keys that are older than the server suggests, of all keystores, and says so in one line. Which they are is told
 * by their metadata. @throws the signal's reason, and nothing else
 */
export async function reportKeyAges(
  {stores, defaults, log, clock = Date.now, pace = new Pace()}: KeyAgeReportOptions,
  signal: AbortSignal,
): Promise<void> {
  const now = clock();
  let [keys, keystores] = [0, 0];
  try {
    for await (const keystoreId of eachOf((page) => stores.keystores.listIds(page))) {
      const old = await countOld(keystoreId);
      keys += old;
      if (old > 0) keystores++;
    }
  } catch (err) {
    signal.throwIfAborted();
    log.warn({err}, 'the age of keys could not be looked at');
    return;
  }
  if (keys > 0) log.warn({keys, keystores}, 'keys are older than WEBKMS_KEY_ROTATION suggests: rotate them');

  async function countOld(keystoreId: string): Promise<number> {
    let count = 0;
    let cursor: string | undefined;
    do {
      const page: Page<KeyRecord> = await pace.run(
        () => listReadable(keystoreId, cursor),
        ({results}) => results.length,
        signal,
      );
      count += page.results.filter((record) => isOld(record)).length;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return count;
  }

  /** What cannot be read ends the count of its keystore; others tell of it. */
  async function listReadable(keystoreId: string, cursor: string | undefined): Promise<Page<KeyRecord>> {
    try {
      return await stores.keys.list({keystoreId, limit: PAGE, cursor});
    } catch (error) {
      if (error instanceof InternalError) return {results: []};
      throw error;
    }
  }

  function isOld(record: KeyRecord): boolean {
    const type = findKeyType(record.type);
    return type !== undefined && warningsOf(record, type, defaults, now).length > 0;
  }
}
