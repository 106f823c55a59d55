import {countScopes, forEachScope} from './each-scope.ts';
import type {StepContext} from './step.ts';

/** How far clocks of nodes may differ. */
const CLOCK_SKEW_MS = 300_000;

/** Rotates what is older than the job asks for; what the job has rotated is newer. */
export async function rotateStep(context: StepContext): Promise<void> {
  const {job, progress, hierarchy, clock, log, pace, signal} = context;
  const {createdAt, rotateBefore = createdAt} = job;
  progress.total = await countScopes(context);
  [progress.done, progress.rotated] = [0, 0];

  await forEachScope(context, async (scope) => {
    const rotated = progress.rotated;
    await pace.run(
      () => rotate(scope),
      () => progress.rotated - rotated,
      signal,
    );
    progress.done++;
  });

  async function rotate(scope: string): Promise<void> {
    const [rootKey] = await hierarchy.listKeys(scope);
    const newest = rootKey?.versions.at(-1);
    if (!newest) throw new TypeError('A scope has no root key version.');
    if (newest.createdAt > clock() + CLOCK_SKEW_MS) {
      // Nothing tells whether it is older than the job.
      log.error(
        {job: job.id, scope},
        'a key version is of the future; the clock is wrong, or was: not rotated',
      );
      progress.remain({scope, kind: 'root key', count: 1, reason: 'its newest version is of the future'});
      progress.fail(scope);
    } else if (newest.createdAt < rotateBefore) {
      await hierarchy.rotateKeys(scope);
      progress.rotated++;
    } else if (newest.createdAt >= createdAt && newest.version > 1) {
      // Before this node went on with the job.
      progress.rotated++;
    }
  }
}
