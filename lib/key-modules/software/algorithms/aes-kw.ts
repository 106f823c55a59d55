import {createSecretKey, type KeyObject, randomBytes} from 'node:crypto';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';
import {unwrapAes, wrapAes} from './aes-wrap.ts';
import {bytesOf, type CryptoWorkers} from './crypto-jobs.ts';
import {assertKeyData, isKeyData, WRAPPING_BLOCK} from './key-data.ts';

/** What is longer takes over half a millisecond, up to five, and belongs on a thread; keys are shorter. */
const MAX_AT_ONCE = 8192;

type Workers = Pick<CryptoWorkers, 'signatures'>;

async function wrapOffThread(
  {signatures}: Workers,
  keystoreId: string,
  {key, unwrapped}: {readonly key: KeyObject; readonly unwrapped: Uint8Array},
): Promise<Uint8Array> {
  const secret = new Uint8Array(new SharedArrayBuffer(unwrapped.length));
  try {
    const wrapped = await signatures.run(keystoreId, () => {
      secret.set(unwrapped);
      return {operation: 'aesWrap', key, secret};
    });
    return bytesOf(wrapped);
  } finally {
    secret.fill(0);
  }
}

async function unwrapOffThread(
  {signatures}: Workers,
  keystoreId: string,
  {key, wrapped: given}: {readonly key: KeyObject; readonly wrapped: Uint8Array},
): Promise<Uint8Array | undefined> {
  const secret = new Uint8Array(new SharedArrayBuffer(given.length - WRAPPING_BLOCK));
  try {
    const opened = await signatures.run(keystoreId, () => {
      const wrapped = Uint8Array.from(given);
      return {operation: 'aesUnwrap', key, wrapped, secret};
    });
    return opened === true ? Uint8Array.from(secret) : undefined;
  } finally {
    secret.fill(0);
  }
}

/** AES Key Wrap (RFC 3394) with a 256 bit key, of 16 to 65,536 bytes. */
export function aesKw256(workers: Workers): SoftwareAlgorithm {
  return {
    cacheWeight: 1,
    generateSecret: () => randomBytes(32),
    open(secret, keystoreId) {
      requireLength(secret, 32);
      const key = createSecretKey(secret);
      return {
        wrapKey(unwrapped) {
          assertKeyData(unwrapped.length);
          return unwrapped.length > MAX_AT_ONCE
            ? wrapOffThread(workers, keystoreId, {key, unwrapped})
            : wrapAes(key, unwrapped);
        },
        unwrapKey(wrapped) {
          if (!isKeyData(wrapped.length - WRAPPING_BLOCK)) return undefined;
          return wrapped.length - WRAPPING_BLOCK > MAX_AT_ONCE
            ? unwrapOffThread(workers, keystoreId, {key, wrapped})
            : unwrapAes(key, wrapped);
        },
      };
    },
  };
}
