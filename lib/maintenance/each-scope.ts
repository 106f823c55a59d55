import {UnavailableError} from '../errors.ts';
import {KeyNotFoundError, SealedError} from '../sealing/sealing-errors.ts';
import {eachOf} from '../storage/each-of.ts';
import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import {pauseFor} from './pace.ts';
import type {StepContext} from './step.ts';

const RETRY_AFTER_MS = [100, 500, 1500, 3000];

/** The job's scope, or all there are, in order of creation. */
export async function* scopesOf(
  job: {readonly scope?: string},
  store: Pick<KeyHierarchyStore, 'listScopes'>,
): AsyncGenerator<string> {
  if (job.scope !== undefined) {
    yield job.scope;
    return;
  }
  yield* eachOf((page) => store.listScopes(page));
}

export async function countScopes({job, stores, signal}: StepContext): Promise<number> {
  const scopes = scopesOf(job, stores.keyHierarchy);
  let count = 0;
  while (!(await scopes.next()).done) count++;
  signal.throwIfAborted();
  return count;
}

/**
 * Does something for each scope of the job. One that cannot be done does not stop the others: it is logged and counted.
 * `work` is tried again where something was unavailable for a moment, so it looks first what is done already.
 * @throws SealedError; UnavailableError where the store as a whole is; the signal's reason
 */
export async function forEachScope(
  context: StepContext,
  work: (scope: string) => Promise<void>,
): Promise<void> {
  for await (const scope of scopesOf(context.job, context.stores.keyHierarchy)) {
    context.signal.throwIfAborted();
    await attempt(context, scope, work);
  }
}

async function attempt(
  context: StepContext,
  scope: string,
  work: (scope: string) => Promise<void>,
): Promise<void> {
  const {stores, signal, log, progress, job} = context;
  for (let attempts = 0; ; attempts++) {
    try {
      await work(scope);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SealedError) throw error;
      const transient = error instanceof UnavailableError || error instanceof KeyNotFoundError;
      const retryAfter = transient ? RETRY_AFTER_MS[attempts] : undefined;
      if (transient) await stores.ping();
      // Its keystore was deleted.
      if (transient && !(await stores.keyHierarchy.findScope(scope))) return;
      if (retryAfter === undefined) {
        log.error({err: error, job: job.id, scope}, 'maintenance of a scope failed');
        progress.fail(scope);
        return;
      }
      await pauseFor(retryAfter, signal);
    }
  }
}
