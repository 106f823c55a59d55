let last = 0;

/** A number that is higher than every one before in this process, and than those that others gave a moment ago: microseconds. */
export function creationOrder(): number {
  last = Math.max(last + 1, Date.now() * 1000);
  return last;
}
