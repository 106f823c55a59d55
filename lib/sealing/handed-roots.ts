import {createPublicKey, generateKeyPairSync} from 'node:crypto';
import {deserialize, serialize} from 'node:v8';
import {openBlob, sealBlob} from './aes-gcm-blob.ts';
import type {OpenRoots} from './open-roots.ts';
import {Redacted} from './redacted.ts';
import type {IdentifiedRootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpenedRoot} from './stored-root.ts';
import {SealedBlobError} from './wrapper.ts';
import {boxKey, pointOf, POINT_BYTES, publicKeyOf} from './x25519-box.ts';

/** An open root, as one process of a server gives it to another. */
export interface HandedRoot {
  /** As the store knows it. */
  readonly id: string;
  /** Where it was opened, which need not be what the store says. */
  readonly uri: string;
  readonly parameters?: string | undefined;
  readonly secret: Uint8Array;
}

const INFO = 'webkms root hand-over v1: box';
const BLOB_ID = 'hand-over';
const NO_DATA = new Uint8Array();

/** What those roots are made of that may be given away. The caller overwrites the secrets. */
export function handedRoots(wrappers: readonly IdentifiedRootWrapper[]): readonly HandedRoot[] {
  return wrappers.flatMap(({id, wrapper}) => {
    const secret = wrapper.exportSecret?.();
    return secret ? [{id, uri: wrapper.uri, parameters: wrapper.parameters, secret}] : [];
  });
}

/**
 * Takes into use what the store lists, in use, with just the fingerprints of what was given, and what may be used here (root-trust.ts);
 * all else is left.
 */
export async function takeHanded(
  roots: OpenRoots,
  handed: readonly HandedRoot[] = [],
  scheme: (uri: string) => RootWrapperScheme,
): Promise<void> {
  const opened: OpenedRoot[] = [];
  for (const {id, uri, parameters, secret} of handed) {
    const record = roots.records.find((candidate) => candidate.id === id);
    if (!record || record.state === 'retiring' || roots.isOpen(id)) continue;
    const wrapper = scheme(uri).adopt?.(uri, {secret, parameters});
    if (!wrapper) continue;
    if (wrapper.keyId === record.wrapperKeyId) opened.push({id, wrapper, record});
    else await wrapper.close();
  }
  await roots.takeHanded(opened);
}

/**
 * Who is given roots: they go from process to process in a box that only the receiver opens, so that who passes it on never
 * has a key in its memory.
 *
 *     box   ephemeral X25519 public key (32) ‖ AES-256-GCM blob
 */
export class RootReceiver extends Redacted {
  readonly #keys = generateKeyPairSync('x25519');

  /** 32 bytes, for `boxRoots`. */
  get point(): Uint8Array {
    return pointOf(this.#keys.publicKey);
  }

  /** @returns the roots, whose secrets the caller overwrites. @throws SealedBlobError */
  open(box: Uint8Array): readonly HandedRoot[] {
    if (box.length < POINT_BYTES) throw new SealedBlobError();
    const {privateKey} = this.#keys;
    const ephemeral = publicKeyOf(box.subarray(0, POINT_BYTES));
    const recipient = createPublicKey(privateKey);
    const key = boxKey({privateKey, publicKey: ephemeral, ephemeral, recipient, info: INFO});
    const bytes = openBlob({id: BLOB_ID, key}, box.subarray(POINT_BYTES), NO_DATA);
    try {
      // Only a process of this server, which is of the same version or of one that it was started with, has made it.
      const roots = deserialize(bytes) as readonly HandedRoot[];
      // What is deserialised lies in `bytes`.
      return roots.map(({secret, ...root}) => ({...root, secret: Uint8Array.from(secret)}));
    } finally {
      bytes.fill(0);
    }
  }
}

/** @param point the receiver's. Overwriting the secrets is the caller's. @throws SealedBlobError where it is none */
export function boxRoots(roots: readonly HandedRoot[], point: Uint8Array): Uint8Array {
  if (point.length !== POINT_BYTES) throw new SealedBlobError();
  const recipient = publicKeyOf(point);
  const ephemeral = generateKeyPairSync('x25519');
  const key = boxKey({
    privateKey: ephemeral.privateKey,
    publicKey: recipient,
    ephemeral: ephemeral.publicKey,
    recipient,
    info: INFO,
  });
  const bytes = serialize(roots);
  try {
    const blob = sealBlob({id: BLOB_ID, key}, bytes, NO_DATA);
    return Buffer.concat([pointOf(ephemeral.publicKey), blob]);
  } finally {
    bytes.fill(0);
  }
}

export function forgetHanded(roots: readonly HandedRoot[]): void {
  for (const {secret} of roots) secret.fill(0);
}
