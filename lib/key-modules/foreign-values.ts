import {InternalError} from '../errors.ts';
import {findKeyType} from '../keys/key-types.ts';
import type {Encapsulated, GeneratedKey, KeyVersionId, SealedMaterial} from './key-module.ts';

/* What somebody else's key module gives, held to the interface. Each throws InternalError for what is none. */

/** What a module may keep in a record. */
const MAX_MATERIAL_BYTES = 65_536;

export function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw broken('no bytes');
}

export function bytesOrNone(value: unknown): Uint8Array | undefined {
  return value === undefined ? undefined : bytes(value);
}

export function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw broken('neither true nor false');
}

export function nothing(): void {
  // Whatever it is, nobody looks at it.
}

export function encapsulated(value: unknown): Encapsulated {
  const {secret, ciphertext} = members(value);
  return {secret: bytes(secret), ciphertext: bytes(ciphertext)};
}

function material(value: unknown): SealedMaterial {
  const {material: kept, dataKeyVersionId} = members(value);
  const own = keptBytes(kept);
  if (dataKeyVersionId === undefined) return {material: own};
  if (typeof dataKeyVersionId !== 'string') throw broken('a data key version id that is no string');
  return {material: own, dataKeyVersionId};
}

/** Material alone. */
export function keptBytes(value: unknown): Uint8Array {
  const {length} = bytes(value);
  if (length === 0 || length > MAX_MATERIAL_BYTES) throw broken('material of 0 bytes, or too many');
  return bytes(value);
}

export function resealed(value: unknown): Required<SealedMaterial> {
  const {material: kept, dataKeyVersionId} = material(value);
  if (dataKeyVersionId === undefined) throw broken('material that is not sealed');
  return {material: kept, dataKeyVersionId};
}

export function generated(value: unknown, {type}: KeyVersionId): GeneratedKey {
  const {publicKey} = members(value);
  const format = findKeyType(type)?.publicKey;
  if (format ? bytes(publicKey).length !== format.length : publicKey !== undefined) {
    throw broken(`a public key that is none of type ${type}`);
  }
  return {...material(value), ...(format && {publicKey: bytes(publicKey)})};
}

export function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw broken('no object');
}

export function broken(what: string): InternalError {
  return new InternalError(new Error(`The key module gave ${what}.`));
}
