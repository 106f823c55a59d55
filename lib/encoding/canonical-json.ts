/** With the members of its objects in one order, whatever order they had. @param value plain data, as JSON has it */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, canonical(member)] as const);
  // An object's own order begins with names that look like indexes: another order than this, and one as well.
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The one JSON text that this server writes of `value`. */
export const canonicalJson = (value: unknown): string => JSON.stringify(canonical(value));
