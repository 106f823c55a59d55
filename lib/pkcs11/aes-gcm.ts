import {randomBytes} from 'node:crypto';
import {CK_PARAMS, CKM} from './cryptoki.ts';
import type {Pkcs11Token, TokenObject} from './pkcs11-token.ts';
import {unlessRefused} from './refused-input.ts';
import type {Mechanism} from './token-job.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function mechanism(iv: Uint8Array, aad: Uint8Array): Mechanism {
  const bits = {ivBits: NONCE_BYTES * 8, tagBits: TAG_BYTES * 8};
  return {
    mechanism: CKM.AES_GCM,
    parameter: {type: CK_PARAMS.AES_GCM, iv, ...(aad.length > 0 && {aad}), ...bits},
  };
}

/** AES-GCM with a random nonce, by a key of the token: nonce ‖ ciphertext ‖ tag. */
export async function sealAesGcm(
  token: Pkcs11Token,
  object: TokenObject,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
): Promise<Buffer> {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, await encryptAesGcm(token, object, {nonce, plaintext, additionalData})]);
}

/** @param nonce 12 bytes, never those of another plaintext. @returns ciphertext ‖ tag */
export async function encryptAesGcm(
  token: Pkcs11Token,
  object: TokenObject,
  {
    nonce,
    plaintext,
    additionalData,
  }: {readonly nonce: Uint8Array; readonly plaintext: Uint8Array; readonly additionalData: Uint8Array},
): Promise<Uint8Array> {
  const length = plaintext.length + TAG_BYTES;
  const ciphertext = await token.use('encrypt', object, {
    ...{mechanism: mechanism(nonce, additionalData), data: plaintext, length},
    checked: true,
  });
  if (ciphertext.length !== length) throw new Error('The token did not encrypt with AES-GCM.');
  return ciphertext;
}

/** @returns undefined where it does not open */
export async function openAesGcm(
  token: Pkcs11Token,
  object: TokenObject,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Promise<Uint8Array | undefined> {
  const data = sealed.subarray(NONCE_BYTES);
  if (data.length < TAG_BYTES) return undefined;
  const opened = await unlessRefused(
    token.use('decrypt', object, {
      ...{mechanism: mechanism(sealed.subarray(0, NONCE_BYTES), additionalData), data},
      // Some ask for room for the tag, too.
      length: data.length,
      checked: true,
    }),
  );
  return opened?.length === data.length - TAG_BYTES ? opened : undefined;
}
