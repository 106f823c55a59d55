import {MalformedRequestError} from '../../errors.ts';
import {controllersOf} from '../../storage/controllers-of.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import {assertControllerDid} from '../../zcap/did/assert-controller-did.ts';

type Controlled = Pick<KeystoreConfig, 'controller'>;

/**
 * What is given to a DID that nobody can have is lost. Those that `stored` has already may stay.
 * @throws MalformedRequestError
 */
export function assertControllers(next: Controlled, stored?: Controlled): void {
  const known = controllersOf(stored);
  for (const did of controllersOf(next)) {
    if (known.includes(did)) continue;
    try {
      assertControllerDid(did);
    } catch (cause) {
      throw new MalformedRequestError(
        '"controller" must name DIDs that can control a keystore: a did:key of an Ed25519 key, whole, or another DID in its right form.',
        {details: {controller: did}, cause},
      );
    }
  }
}
