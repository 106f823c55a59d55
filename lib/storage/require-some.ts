/** What has no rows could not be read back: a record without versions, a version that nothing can open. */
export function requireSome<T>(list: readonly T[]): readonly T[] {
  if (list.length === 0) throw new TypeError('A record must have at least one of these.');
  return list;
}
