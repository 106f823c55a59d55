const SHARED: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  RegExp.prototype,
  Date.prototype,
  Promise.prototype,
  Map.prototype,
  Set.prototype,
];

/**
 * From now on nothing can be added to what every object and function inherits: a library that is talked into writing there
 * (JSON-LD processing of an id `__proto__` is) fails, instead of changing the meaning of everybody's objects. What is there
 * can still be replaced on one's own objects. For a process that is ours alone.
 */
export function sealPrototypes(): void {
  for (const prototype of SHARED) Object.preventExtensions(prototype);
}
