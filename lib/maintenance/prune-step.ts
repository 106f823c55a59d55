import {KeyInUseError, KeyNotFoundError} from '../sealing/sealing-errors.ts';
import {countScopes, forEachScope} from './each-scope.ts';
import {staleDataKeyVersions, staleRootKeyVersions} from './stale-versions.ts';
import type {StepContext} from './step.ts';

/** Destroys the versions that are not the newest, and that nothing is sealed under. */
export async function pruneStep(context: StepContext): Promise<void> {
  const {job, progress, hierarchy, log} = context;
  progress.total = await countScopes(context);
  progress.done = 0;

  await forEachScope(context, async (scope) => {
    const keys = await hierarchy.listKeys(scope);
    // A root key version goes only after the data key versions that are sealed under it.
    const kinds = [
      ['data key version', staleDataKeyVersions(scope, keys)],
      ['root key version', staleRootKeyVersions(keys)],
    ] as const;
    let count = 0;
    for (const [kind, ids] of kinds) {
      const {destroyed, inUse} = await destroy(context, ids);
      count += destroyed;
      if (inUse > 0) progress.remain({scope, kind, count: inUse, reason: 'in use'});
    }
    if (count > 0) log.info({job: job.id, scope, count}, 'key versions destroyed');
    progress.done++;
  });
}

async function destroy(
  {hierarchy, signal, progress, pace}: StepContext,
  ids: readonly string[],
): Promise<{readonly destroyed: number; readonly inUse: number}> {
  let [destroyed, inUse] = [0, 0];
  for (const id of ids) {
    try {
      await pace.run(
        async () => {
          await hierarchy.revokeKeyVersion(id);
          destroyed++;
          progress.pruned++;
        },
        () => 1,
        signal,
      );
    } catch (error) {
      if (error instanceof KeyInUseError) inUse++;
      else if (!(error instanceof KeyNotFoundError)) throw error;
    }
  }
  return {destroyed, inUse};
}
