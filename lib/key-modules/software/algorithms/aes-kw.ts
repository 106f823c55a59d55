import {createSecretKey, type KeyObject, randomBytes} from 'node:crypto';
import {MalformedRequestError} from '../../../errors.ts';
import {requireLength, type SoftwareAlgorithm} from '../software-algorithm.ts';
import {unwrapAes, wrapAes} from './aes-wrap.ts';
import {bytesOf, type CryptoWorkers} from './crypto-jobs.ts';

const BLOCK = 8;
const MIN_LENGTH = 16;
const MAX_LENGTH = 65_536;
/** What is longer takes over half a millisecond, up to five, and belongs on a thread; keys are shorter. */
const MAX_AT_ONCE = 8192;

type Workers = Pick<CryptoWorkers, 'signatures'>;

function isKeyData(length: number): boolean {
  return length >= MIN_LENGTH && length <= MAX_LENGTH && length % BLOCK === 0;
}

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
  const secret = new Uint8Array(new SharedArrayBuffer(given.length - BLOCK));
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
          if (!isKeyData(unwrapped.length)) {
            throw new MalformedRequestError(
              `A key to be wrapped has ${MIN_LENGTH} to ${MAX_LENGTH} bytes, a multiple of ${BLOCK} (RFC 3394).`,
            );
          }
          return unwrapped.length > MAX_AT_ONCE
            ? wrapOffThread(workers, keystoreId, {key, unwrapped})
            : wrapAes(key, unwrapped);
        },
        unwrapKey(wrapped) {
          if (!isKeyData(wrapped.length - BLOCK)) return undefined;
          return wrapped.length - BLOCK > MAX_AT_ONCE
            ? unwrapOffThread(workers, keystoreId, {key, wrapped})
            : unwrapAes(key, wrapped);
        },
      };
    },
  };
}
