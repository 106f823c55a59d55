import {KEY_TYPES, type KeyTypeDescriptor} from '../keys/key-types.ts';
import type {KeyModule, KeyTypeSupport} from './key-module.ts';

/** What is wrong with what a module declares, one sentence for each type; none where all is well. */
export function supportProblems(
  module: Pick<KeyModule, 'keyType' | 'importKey' | 'exportKey'>,
): readonly string[] {
  const problems = Object.values(KEY_TYPES).flatMap((type) => {
    const support: unknown = module.keyType(type.name);
    if (support === undefined) return [];
    const problem = problemOf(type, support, module);
    return problem === undefined ? [] : [`Of ${type.name} it declares ${problem}.`];
  });
  return Object.values(KEY_TYPES).some(({name}) => module.keyType(name) !== undefined)
    ? problems
    : ['It has no key type.'];
}

function problemOf(
  type: KeyTypeDescriptor,
  support: unknown,
  {importKey, exportKey}: Pick<KeyModule, 'importKey' | 'exportKey'>,
): string | undefined {
  if (typeof support !== 'object' || support === null) return 'what is no object';
  const {operations, signatureAlgorithms, encryptionAlgorithms, importable, extractable} = support as Partial<
    Record<keyof KeyTypeSupport, unknown>
  >;
  if (!isSome(operations, type.operations)) return 'operations that the type does not have, or none';
  const needs = (...names: readonly string[]): boolean => names.some((name) => operations.includes(name));
  if (needs('sign', 'verify') && !isSomeWithFirst(signatureAlgorithms, type.signatureAlgorithms)) {
    return `signature algorithms that are not some of the type's, ${type.signatureAlgorithms?.[0]} among them`;
  }
  if (needs('encrypt', 'decrypt') && !isSomeWithFirst(encryptionAlgorithms, type.encryptionAlgorithms)) {
    return `encryption algorithms that are not some of the type's, ${type.encryptionAlgorithms?.[0]} among them`;
  }
  if (typeof importable !== 'boolean' || typeof extractable !== 'boolean') {
    return 'neither true nor false for "importable" or "extractable"';
  }
  if (importable && !importKey) return 'that keys can be imported, and there is no importKey';
  if (extractable && !exportKey) return 'that keys are extractable, and there is no exportKey';
  return undefined;
}

function isSome(words: unknown, known: readonly string[] = []): words is readonly string[] {
  return Array.isArray(words) && words.length > 0 && words.every((word) => known.includes(word as string));
}

function isSomeWithFirst(words: unknown, known: readonly string[] = []): boolean {
  const [first] = known;
  return first !== undefined && isSome(words, known) && words.includes(first);
}
