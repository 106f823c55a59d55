import {createHash} from 'node:crypto';
import type {Invocation} from './invocation.ts';

/** SHA-256(keyId ‖ signing string). */
export function replayDigest({keyId, signingString}: Invocation['signed']): Uint8Array {
  return createHash('sha256').update(keyId).update('\n').update(signingString).digest();
}
