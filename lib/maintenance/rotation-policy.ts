import {setTimeout as sleep} from 'node:timers/promises';
import type {Logger} from 'pino';
import type {KeyAdministration, KeyInfo} from '../sealing/key-administration.ts';
import {KeyNotFoundError} from '../sealing/sealing-errors.ts';
import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import {scopesOf} from './each-scope.ts';
import {JobUnfinishedError} from './job-request.ts';
import type {JobRunner} from './job-runner.ts';

const EVERY_MS = 3_600_000;
const FIRST_WITHIN_MS = 60_000;

export interface RotationPolicyOptions {
  /** How old a scope's newest root key version gets. */
  readonly rotateAfterMs: number;
  readonly jobs: Pick<JobRunner, 'start'>;
  readonly hierarchy: Pick<KeyAdministration, 'listKeys'>;
  readonly store: Pick<KeyHierarchyStore, 'listScopes'>;
  readonly log: Logger;
  /** Whether the round is this node's. Never rejects. Default: it is */
  readonly mayRun?: (name: string, options: {readonly everyMs: number}) => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/**
 * Rotates and rewraps what has become old: looked for soon after the start, then every hour. There is one job at a
 * time, however many nodes look. Old versions are not destroyed: that is for an operator to say.
 * @returns a function that stops it
 */
export function startRotationPolicy(options: RotationPolicyOptions): () => void {
  const {mayRun = () => Promise.resolve(true)} = options;
  const stopping = new AbortController();
  void (async () => {
    let pauseMs = Math.random() * FIRST_WITHIN_MS;
    for (;;) {
      await sleep(pauseMs, undefined, {signal: stopping.signal, ref: false});
      if (await mayRun('rotation-policy', {everyMs: EVERY_MS})) await applyRotationPolicy(options);
      pauseMs = EVERY_MS * (0.9 + Math.random() * 0.2);
    }
  })().catch(() => undefined);
  return () => stopping.abort();
}

/** Looks once. Never rejects: what fails now is looked for an hour later. */
export async function applyRotationPolicy({
  rotateAfterMs,
  jobs,
  hierarchy,
  store,
  log,
  clock = Date.now,
}: RotationPolicyOptions): Promise<void> {
  const rotateBefore = clock() - rotateAfterMs;
  try {
    for await (const scope of scopesOf({}, store)) {
      const [rootKey] = await hierarchy.listKeys(scope).catch(ignoreDeleted);
      const newest = rootKey?.versions.at(-1);
      if (newest && newest.createdAt < rotateBefore) {
        await jobs.start({steps: ['rotate', 'rewrap'], rotateBefore});
        return;
      }
      // Requests get their turn.
      await new Promise(setImmediate);
    }
  } catch (error) {
    if (error instanceof JobUnfinishedError) log.debug('keys are old, and another job has not ended yet');
    else log.warn({err: error}, 'the age of keys could not be looked at');
  }
}

function ignoreDeleted(error: unknown): readonly KeyInfo[] {
  if (error instanceof KeyNotFoundError) return [];
  throw error;
}
