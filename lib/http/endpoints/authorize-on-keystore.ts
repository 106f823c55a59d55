import {InternalError} from '../../errors.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {Envelope} from '../../zcap/envelope.ts';
import type {AuthorizationState, AuthorizedInvocation} from '../../zcap/invocation.ts';
import type {EndpointRequest} from '../endpoint.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {controllersOf} from './keystore-controllers.ts';

export interface KeystoreAuthorization {
  readonly keystoreId: string;
  readonly action: string;
  /** A root of which the keystore's controllers are the controllers too, besides the keystore's own (R14). */
  readonly additionalRoot?: string;
  /** Other actions of which one is enough (R36). */
  readonly alsoBy?: ReadonlySet<string>;
}

/**
 * Authorises a request about a keystore by its controllers, addresses and revocations of this moment. A keystore that does
 * not exist is one that nobody controls, so its refusal is word for word that of a keystore that others control.
 * @throws as `Authorizer.authorizeInvocation`
 */
export async function authorizeOnKeystore(
  request: EndpointRequest,
  {stores, authorizer}: Pick<EndpointDependencies, 'stores' | 'authorizer'>,
  envelope: Envelope,
  {keystoreId, additionalRoot, ...expectation}: KeystoreAuthorization,
): Promise<AuthorizedInvocation & {readonly keystore: KeystoreConfig}> {
  const readState = async (): Promise<AuthorizationState> => {
    const keystore = await request.time('keystore', () => stores.keystores.find(keystoreId));
    const controllers = controllersOf(keystore);
    const roots = [{invocationTarget: keystoreId, controllers, delegable: true}];
    if (additionalRoot !== undefined) {
      roots.push({invocationTarget: additionalRoot, controllers, delegable: false});
    }
    return {roots, keystore};
  };
  const {keystore, ...authorized} = await request.time('authorization', () =>
    authorizer.authorizeInvocation(envelope, {...expectation, readState, onInvoker: request.noteInvoker}),
  );
  return {keystore: existing(keystore), ...authorized};
}

/** After authorisation there is a keystore: nobody is authorised on one that has no controllers. */
export function existing(keystore: KeystoreConfig | undefined): KeystoreConfig {
  if (!keystore)
    throw new InternalError(new Error('A request about a keystore that does not exist was authorised.'));
  return keystore;
}
