import {NODE_LEASE} from '../maintenance/node-presence.ts';
import type {StoreMark} from '../storage/store-mark.ts';
import {TRANSFER_KINDS} from '../storage/store-transfer.ts';
import {MoveError} from './move-error.ts';
import type {MovedStore} from './moved-store.ts';
import {KIND_NAMES} from './record-name.ts';

const refuse = (message: string): MoveError => new MoveError('refused', message);

/** @throws MoveError where the store is not one that can be moved to `target`, going by its mark */
export async function checkSourceMark(
  {transfer, shown}: MovedStore,
  target: string,
): Promise<StoreMark | undefined> {
  const mark = await transfer.readMark();
  switch (mark?.state) {
    case 'filling':
      throw refuse(
        `The source ${shown} is itself being filled from ${mark.other}, and is not whole. Let that move end first.`,
      );
    case 'moving':
      if (mark.other === target) return mark;
      throw refuse(
        `The source ${shown} is being moved to ${mark.other}. Give that as --to, as it was given then; or give that move up first: ` +
          'webkms admin migrate --cancel.',
      );
    case 'moved':
      if (mark.other === target) return mark;
      throw refuse(
        `The source ${shown} was moved to ${mark.other} (${new Date(mark.since).toISOString()}): what it holds is old. Move that one.`,
      );
    case 'whole':
    case undefined:
      return mark;
  }
}

/** @throws MoveError where roots are being changed or there are none, or a job has not ended */
export async function checkSourceAtRest({keyHierarchy, jobs, shown}: MovedStore): Promise<void> {
  const roots = await keyHierarchy.listRootWrappers();
  if (roots.length === 0) throw refuse(`The source ${shown} is empty: there is nothing to move.`);
  const changing = roots.find(({state}) => state !== 'active');
  if (changing) {
    throw refuse(
      `The root of trust ${changing.id} of the source is ${changing.state}. Let webkms admin root add or retire end first; ` +
        'webkms admin root list shows it.',
    );
  }
  const job = await jobs.findUnfinished();
  if (job) {
    throw refuse(
      `The job ${job.id} (${job.steps.join(', ')}) of the source has not ended. Let it: webkms admin jobs.`,
    );
  }
}

/** @param own who else this may be: processes that cannot be at work. @throws MoveError where somebody uses the store */
export async function checkUnused(
  {transfer, shown}: MovedStore,
  {own, now}: {readonly own: ReadonlySet<string>; readonly now: number},
): Promise<void> {
  const leases = await transfer.listLeases(now);
  const [node, ...others] = leases.filter(
    ({name, holder}) => name.startsWith(NODE_LEASE) && !own.has(holder),
  );
  if (!node) return;
  const until = new Date(node.expiresAt).toISOString();
  throw refuse(
    `The store ${shown} is in use by ${others.length + 1} process${others.length > 0 ? 'es' : ''}: node ${node.holder}` +
      `${others.length > 0 ? ' and others' : ''}. Stop all servers and commands that use it. One that was killed counts until ${until}.`,
  );
}

/** @returns whether all was moved before. @throws MoveError where the target holds anything but what an interrupted move of this source has put there */
export async function checkTarget(
  {transfer, shown}: MovedStore,
  sourceMark: StoreMark | undefined,
): Promise<{readonly mark: StoreMark | undefined; readonly isDone: boolean}> {
  const mark = await transfer.readMark();
  if (mark?.state === 'filling') {
    if (mark.moveId === sourceMark?.moveId) return {mark, isDone: false};
    throw refuse(
      `The target ${shown} holds what a move from ${mark.other} has begun to put there, and that is not a move of this source that ` +
        'can go on. Empty it, or take another one.',
    );
  }
  if (sourceMark?.state === 'moved') {
    if (mark?.state === 'whole' && mark.moveId === sourceMark.moveId) return {mark, isDone: true};
    const when = new Date(sourceMark.since).toISOString();
    throw refuse(
      `The source was moved to ${shown} (${when}), and that is not there any more. What the source holds is old.`,
    );
  }
  if (mark?.state === 'moving' || mark?.state === 'moved') {
    throw refuse(
      `The target ${shown} ${mark.state === 'moved' ? 'was itself' : 'is itself being'} moved to ${mark.other}. Take another one.`,
    );
  }
  await checkEmpty({transfer, shown});
  return {mark, isDone: false};
}

/** @throws MoveError */
export async function checkEmpty({transfer, shown}: Pick<MovedStore, 'transfer' | 'shown'>): Promise<void> {
  for (const kind of TRANSFER_KINDS) {
    if ((await transfer.count(kind)) === 0) continue;
    throw refuse(
      `The target ${shown} is not empty: it has ${KIND_NAMES[kind]}. Empty it, or take another one.`,
    );
  }
}
