import {randomBytes} from 'node:crypto';
import {InternalError} from '../../errors.ts';
import type {KeyVersionId} from '../key-module.ts';

/** The first byte of a reference; the object's id follows. */
const FORMAT = 1;
const ID_BYTES = 16;

/** An id (CKA_ID) for a new object: of two that are made for the same version of a key, each has its own. */
export function newObjectId(): Buffer {
  return randomBytes(ID_BYTES);
}

export function isObjectId(id: Uint8Array): boolean {
  return id.length === ID_BYTES;
}

/** What a key's record holds instead of a secret: which object of the token it is. */
export function encodeReference(id: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(FORMAT), id]);
}

/** @throws InternalError where it is not a reference */
export function decodeReference(material: Uint8Array): Buffer {
  if (material[0] !== FORMAT || material.length !== 1 + ID_BYTES)
    throw new InternalError(new Error('The stored material is not a reference to an object of a token.'));
  return Buffer.from(material.subarray(1));
}

/** The begin of labels (CKA_LABEL) of all objects that this module makes. */
const LABEL_PREFIX = 'webkms:';

/** `webkms:<keystore>/<key>#<version>`, of the last segments of their URLs: tells people, and reconciling, whose object it is. */
export function objectLabel({keystoreId, localKeyId, version}: KeyVersionId): string {
  return formatLabel({keystore: keystoreId.slice(keystoreId.lastIndexOf('/') + 1), localKeyId, version});
}

export interface LabelParts {
  /** The last segment of the keystore's URL. */
  readonly keystore: string;
  readonly localKeyId: string;
  readonly version: number;
}

/** What `parseLabel` reads. */
export function formatLabel({keystore, localKeyId, version}: LabelParts): string {
  return `${LABEL_PREFIX}${keystore}/${localKeyId}#${version}`;
}

/** The parts of a label that this module made; undefined of any other. */
export function parseLabel(label: string): LabelParts | undefined {
  const [, keystore, localKeyId, version] = /^webkms:([^/#]+)\/([^/#]+)#([1-9]\d{0,8})$/.exec(label) ?? [];
  if (keystore === undefined || localKeyId === undefined) return undefined;
  return {keystore, localKeyId, version: Number(version)};
}
