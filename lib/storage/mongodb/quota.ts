import type {StoredDocument} from './collections.ts';
import type {Writer} from './guard-document.ts';
import type {Attempt} from './guarded-attempt.ts';

export interface Quota {
  readonly max: number;
  /** Whether what a writer inserts counts for the quota. Default: what every one does */
  readonly takesShare?: (writer: Writer) => boolean;
  /** How many count that are stored, but for those with these ids. */
  readonly countOthers: (ids: readonly string[]) => Promise<number>;
}

/**
 * Whether a registered writer may insert one more. Who registered before takes its share first. Where it is their shares that
 * leave none, they are fenced: a share is not refused because of one that is not taken in the end. They begin again, after it.
 * @param guard as `register` gave it
 */
export async function hasRoom(
  attempt: Attempt,
  guard: StoredDocument,
  {max, takesShare = () => true, countOthers}: Quota,
): Promise<boolean> {
  const earlier = attempt.earlierWriters(guard).filter(takesShare);
  const ids = [...new Set(earlier.flatMap(({targets}) => targets.map(({_id}) => _id)))];
  if ((await countOthers(ids)) + ids.length < max) return true;
  if (ids.length === 0) return false;
  await attempt.fence(guard, ({id}) => earlier.some((writer) => writer.id === id));
  return (await countOthers([])) < max;
}
