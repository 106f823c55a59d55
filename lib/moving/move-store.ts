import {randomBytes} from 'node:crypto';
import {encodeBase64url} from '../encoding/base64url.ts';
import type {StoreMark} from '../storage/store-mark.ts';
import type {TransferKind} from '../storage/store-transfer.ts';
import {compareRecords} from './compare-records.ts';
import {copyRecords, type MoveWork} from './copy-records.ts';
import {checkEmpty, checkSourceAtRest, checkSourceMark, checkTarget, checkUnused} from './move-checks.ts';
import {MoveError} from './move-error.ts';
import type {MovedStore} from './moved-store.ts';

export interface MoveOptions extends MoveWork {
  /** Who uses a store by name, but cannot be at work: see `checkUnused`. */
  readonly own: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

export interface MoveResult {
  readonly from: string;
  readonly to: string;
  /** `begun`, `resumed`: an interrupted one went on; `done before`: nothing was done. */
  readonly outcome: 'begun' | 'resumed' | 'done before';
  /** By kind, as they were verified; absent where nothing was done. */
  readonly records?: Readonly<Record<TransferKind, number>>;
}

interface Marks {
  readonly source: StoreMark;
  readonly target: StoreMark;
  readonly resumed: boolean;
}

/**
 * Moves everything that the source holds to the target. Until it has ended, both are marked so that nobody else uses them, and the
 * same call goes on wherever it was interrupted. In the end the target is verified record by record, the source is marked as
 * moved, and only then the target as whole: never do both count.
 * @throws MoveError; UnavailableError; the reason of the signal
 */
export async function moveStore(options: MoveOptions): Promise<MoveResult> {
  const {source, target} = options;
  const ends = {from: source.shown, to: target.shown};
  const sourceMark = await checkSource(options);
  const {mark: targetMark, isDone} = await checkTarget(target, sourceMark);
  if (isDone) return {...ends, outcome: 'done before'};
  await checkUnused(target, unused(options));
  const marks = await markBoth(options, sourceMark, targetMark);
  await copyRecords(options, marks.target);
  const records = await compareRecords(options);
  // Who came back to the source after it was marked may have written to it after it was compared.
  await checkUnused(source, unused(options));
  await finish(options, marks);
  return {...ends, outcome: marks.resumed ? 'resumed' : 'begun', records};
}

const unused = ({own, clock = Date.now}: MoveOptions) => ({own, now: clock()});

/** All that can be said of the source alone. @returns its mark @throws MoveError */
export async function checkSource(
  options: Pick<MoveOptions, 'source' | 'own' | 'clock'> & {readonly target: Pick<MovedStore, 'shown'>},
): Promise<StoreMark | undefined> {
  const {source, target, own, clock = Date.now} = options;
  const mark = await checkSourceMark(source, target.shown);
  await checkUnused(source, {own, now: clock()});
  await checkSourceAtRest(source);
  return mark;
}

/** Who begins to use a store says so first, and then looks for a mark: so who marks it looks for such users again. */
async function markBoth(
  options: MoveOptions,
  sourceMark: StoreMark | undefined,
  targetMark: StoreMark | undefined,
): Promise<Marks> {
  const {source, target, clock = Date.now} = options;
  const isBegun = sourceMark?.state === 'moving' || sourceMark?.state === 'moved';
  const moveId = isBegun ? sourceMark.moveId : `mv_${encodeBase64url(randomBytes(16))}`;
  const since = clock();
  const moving: StoreMark = isBegun ? sourceMark : {state: 'moving', moveId, other: target.shown, since};
  const filling: StoreMark =
    targetMark?.state === 'filling' ? targetMark : {state: 'filling', moveId, other: source.shown, since};
  if (!isBegun) await place(source, moving, sourceMark);
  try {
    if (targetMark?.state !== 'filling') await place(target, filling, targetMark);
    await checkSource(options);
    await checkUnused(target, unused(options));
    if (targetMark?.state !== 'filling') await checkEmpty(target);
  } catch (error) {
    // What this call has not begun stays begun.
    if (targetMark?.state !== 'filling') await target.transfer.replaceMark(targetMark, filling);
    if (!isBegun) await source.transfer.replaceMark(sourceMark, moving);
    throw error;
  }
  return {source: moving, target: filling, resumed: targetMark?.state === 'filling'};
}

async function place(
  {transfer, shown}: MovedStore,
  mark: StoreMark,
  replaced: StoreMark | undefined,
): Promise<void> {
  if (await transfer.replaceMark(mark, replaced)) return;
  throw new MoveError('refused', `Another move of the store ${shown} has begun just now.`);
}

async function finish({source, target, clock = Date.now}: MoveOptions, marks: Marks): Promise<void> {
  const since = clock();
  if (marks.source.state !== 'moved') {
    const moved: StoreMark = {...marks.source, state: 'moved', since};
    if (!(await source.transfer.replaceMark(moved, marks.source))) {
      throw new MoveError('failed', 'The move was given up by another command. The source counts.');
    }
  }
  const {moveId, other} = marks.target;
  const whole: StoreMark = {state: 'whole', moveId, other, since};
  if (!(await target.transfer.replaceMark(whole, marks.target))) {
    throw new MoveError(
      'failed',
      'The target is not being filled by this move any more. Another one has ended it.',
    );
  }
}

/**
 * Gives an interrupted move up: the source can be used again, and what is in the target is nothing any more.
 * @returns the target, for people @throws MoveError where the store is not being moved, or was moved
 */
export async function cancelMove({transfer, shown}: Pick<MovedStore, 'transfer' | 'shown'>): Promise<string> {
  const mark = await transfer.readMark();
  if (mark?.state === 'moved') {
    throw new MoveError(
      'refused',
      `The store ${shown} was moved to ${mark.other} (${new Date(mark.since).toISOString()}): that one counts. To go back, move that one.`,
    );
  }
  if (mark?.state !== 'moving' || !(await transfer.replaceMark(undefined, mark))) {
    throw new MoveError('refused', `The store ${shown} is not being moved.`);
  }
  return mark.other;
}
