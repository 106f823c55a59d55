import {type Ciphersuite, verifySignature} from '@digitalbazaar/bbs-signatures';
import {NotSupportedError} from '../errors.ts';
import {parseBbsMessage} from '../key-modules/software/algorithms/bbs-message.ts';
import type {KeyAlgorithm} from '../keys/key-algorithms.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';

const CIPHERSUITES: ReadonlyMap<KeyAlgorithm, Ciphersuite> = new Map([
  ['BBS-BLS12-381-SHA-256', 'BLS12-381-SHA-256'],
  ['BBS-BLS12-381-SHAKE-256', 'BLS12-381-SHAKE-256'],
]);

/**
 * Verifies a BBS signature over CBOR `[header, [message…]]`, here: it takes some 40 ms of this thread. False for whatever is not
 * a good signature over that.
 */
export async function verifyBbs(
  {algorithm}: KeyTypeDescriptor,
  publicKey: Uint8Array,
  {data, signature}: {readonly data: Uint8Array; readonly signature: Uint8Array},
): Promise<boolean> {
  const ciphersuite = CIPHERSUITES.get(algorithm);
  if (!ciphersuite) throw new NotSupportedError('Keys of this type do not sign with BBS.');
  const message = parseBbsMessage(data);
  if (!message) return false;
  // The library throws where a signature is not made of a point and a scalar.
  return verifySignature({...message, ciphersuite, publicKey, signature}).catch(() => false);
}
