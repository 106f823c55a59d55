/** More than any key ever had. */
const MAX_GAPS = 1_000_000;

/**
 * The numbers below the newest version that no version has: those that were pruned.
 * @param versions in order. @throws TypeError where they are not, or too many are missing
 */
export function versionGaps(versions: readonly {readonly version: number}[]): readonly number[] {
  const newest = versions.at(-1)?.version ?? 0;
  if (!Number.isSafeInteger(newest) || newest - versions.length > MAX_GAPS) {
    throw new TypeError('A key has a version with a number that no key comes to.');
  }
  const gaps: number[] = [];
  let next = 1;
  for (const {version} of versions) {
    if (version < next) throw new TypeError('Versions of a key are out of order.');
    while (next < version) gaps.push(next++);
    next++;
  }
  return gaps;
}
