/** A copy of an object without some of its members. */
export function without<T extends object, Name extends keyof T & string>(
  object: T,
  ...names: readonly Name[]
): Omit<T, Name> {
  const left = Object.entries(object).filter(([name]) => !(names as readonly string[]).includes(name));
  return Object.fromEntries(left) as Omit<T, Name>;
}
