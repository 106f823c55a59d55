import {encodeBase64url} from '../../encoding/base64url.ts';
import type {AdditionalData, Wrapper} from '../../sealing/wrapper.ts';
import type {KeyVersion, KeyVersionId, SealedMaterial} from '../key-module.ts';

/** What key material is sealed for; the scope is its keystore. */
export const KEY_MATERIAL = 'key-material';

/** The first byte of what is sealed; the rest is the secret in its algorithm's own form (software-algorithm.ts). */
const FORMAT = 0x01;

/**
 * Names the key version that material belongs to, its public key included: rows, types, versions and public keys cannot
 * be exchanged unseen. A JSON array says where each part ends.
 */
function additionalData(
  {keystoreId, localKeyId, type, version}: KeyVersionId,
  publicKey: Uint8Array | undefined,
): AdditionalData {
  const encodedPublicKey = publicKey ? encodeBase64url(publicKey) : null;
  return Buffer.from(
    JSON.stringify(['webkms software key material', keystoreId, localKeyId, type, version, encodedPublicKey]),
  );
}

export async function sealSecret(
  wrapper: Pick<Wrapper, 'keyId' | 'seal'>,
  id: KeyVersionId,
  {secret, publicKey}: {readonly secret: Uint8Array; readonly publicKey?: Uint8Array | undefined},
): Promise<Required<SealedMaterial>> {
  const plaintext = Buffer.concat([Buffer.of(FORMAT), secret]);
  try {
    const material = await wrapper.seal(plaintext, additionalData(id, publicKey));
    return {material, dataKeyVersionId: wrapper.keyId};
  } finally {
    plaintext.fill(0);
  }
}

/** @throws SealedBlobError */
export async function resealSecret(
  wrapper: Pick<Wrapper, 'keyId' | 'seal' | 'open'>,
  key: KeyVersion,
): Promise<Required<SealedMaterial>> {
  return withSecret(wrapper, key, (secret) => sealSecret(wrapper, key, {secret, publicKey: key.publicKey}));
}

/**
 * Opens a key version's material and gives the secret to `use`; the secret is zeroed when that is done.
 * @throws SealedBlobError
 */
export async function withSecret<T>(
  wrapper: Pick<Wrapper, 'open'>,
  key: KeyVersion,
  use: (secret: Buffer) => T | Promise<T>,
): Promise<T> {
  const opened = await wrapper.open(key.material, additionalData(key, key.publicKey));
  const plaintext = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
  try {
    if (plaintext[0] !== FORMAT) throw new Error('Sealed key material is of an unknown format.');
    return await use(plaintext.subarray(1));
  } finally {
    plaintext.fill(0);
  }
}
