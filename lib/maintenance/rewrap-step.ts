import {UnavailableError} from '../errors.ts';
import {forEachScope, scopesOf} from './each-scope.ts';
import {pauseFor} from './pace.ts';
import type {SealedData} from './sealed-data.ts';
import {staleDataKeyVersions} from './stale-versions.ts';
import type {StepContext} from './step.ts';

/** Rows of one write. A request may have to wait for it. */
const BATCH = 16;
/** Rows of a scope that fail before it is given up. */
const MAX_FAILURES = 1000;
const MAX_CONFLICTS = 50;
const MAX_PASSES = 3;

/** Brings everything under the newest versions, and counts what is left. */
export async function rewrapStep(context: StepContext): Promise<void> {
  const {progress, settleMs, signal} = context;
  progress.total = progress.done + (await countStale(context));
  for (let pass = 1; ; pass++) {
    progress.restartStep();
    const before = progress.done;
    await forEachScope(context, (scope) => rewrapScope(context, scope));
    const idle = progress.done === before;
    if (pass > 1 && (idle || pass === MAX_PASSES)) break;
    // What was sealed under a version while it was the newest may be written only now.
    await pauseFor(settleMs, signal);
  }
}

async function countStale({job, stores, hierarchy, sealedData, signal}: StepContext): Promise<number> {
  let count = 0;
  for await (const scope of scopesOf(job, stores.keyHierarchy)) {
    // A scope that cannot be listed is told of when it is its turn.
    const ids = await hierarchy.listKeys(scope).then(
      (keys) => staleDataKeyVersions(scope, keys),
      () => [],
    );
    if (ids.length > 0) for (const data of sealedData) count += await data.countUnder(scope, ids);
    await pauseFor(0, signal);
  }
  return count;
}

async function rewrapScope(context: StepContext, scope: string): Promise<void> {
  const {hierarchy, sealedData, progress, pace, signal, log, job} = context;
  const ids = staleDataKeyVersions(scope, await hierarchy.listKeys(scope));
  for (const data of ids.length > 0 ? sealedData : []) {
    try {
      await rewrapRows(context, {scope, ids, data});
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UnavailableError) throw error;
      log.error({err: error, job: job.id, scope, kind: data.kind}, 'rows are left under old key versions');
    }
    const count = await data.countUnder(scope, ids);
    if (count === 0) continue;
    progress.remain({scope, kind: data.kind, count, reason: 'under old key versions still; see the log'});
    progress.fail(scope);
  }
  await pace.run(
    () => hierarchy.rewrapKeys(scope),
    () => 0,
    signal,
  );
}

async function rewrapRows(
  {pace, signal, progress, log, job}: StepContext,
  {scope, ids, data}: {readonly scope: string; readonly ids: readonly string[]; readonly data: SealedData},
): Promise<void> {
  const skip = new Set<string>();
  for (let conflictsInRow = 0; conflictsInRow < MAX_CONFLICTS && skip.size < MAX_FAILURES;) {
    const {resealed, conflicts, failed} = await pace.run(
      async () => {
        const batch = await data.rewrap(scope, ids, {limit: BATCH, skip});
        progress.done += batch.resealed;
        progress.rewrapped += batch.resealed;
        return batch;
      },
      (batch) => batch.resealed,
      signal,
    );
    for (const {id, error} of failed) {
      log.error({err: error, job: job.id, scope, [data.kind]: id}, 'left under an old key version');
      skip.add(id);
    }
    conflictsInRow = resealed > 0 ? 0 : conflictsInRow + conflicts;
    if (resealed + conflicts + failed.length === 0) return;
  }
}
