/** The item at a place that is there. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new RangeError(`There is nothing at ${index}.`);
  return item;
}
