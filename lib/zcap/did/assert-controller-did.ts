import {isEdwards25519Point} from '../../encoding/edwards25519.ts';
import {DidError} from './did-error.ts';
import {parseDidUrl} from './did-url.ts';
import {didWebLocation} from './did-web-location.ts';
import {decodeEd25519Multibase} from './ed25519-public-key.ts';

const DID_KEY = 'did:key:';

/**
 * Refuses what looks like a DID and could never control anything here: a did:key that is not the one spelling of an Ed25519 key,
 * a did:web of no domain. Of other methods only the syntax of DIDs is asked (DID Core §3.1).
 * @throws DidError `syntax`, `key`
 */
export function assertControllerDid(did: string): void {
  if (parseDidUrl(did).fragment !== undefined || did.endsWith(':')) throw new DidError('syntax');
  if (did.startsWith('did:web:')) didWebLocation(did);
  if (!did.startsWith(DID_KEY)) return;
  if (!isEdwards25519Point(decodeEd25519Multibase(did.slice(DID_KEY.length)))) throw new DidError('key');
}
