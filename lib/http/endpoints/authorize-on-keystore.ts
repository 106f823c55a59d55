import {InternalError} from '../../errors.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {Envelope} from '../../zcap/envelope.ts';
import type {KeyRequest} from '../../operations/find-key.ts';
import type {RequestState} from '../../storage/state-store.ts';
import type {AuthorizationState, Invocation, StateQuery} from '../../zcap/invocation.ts';
import {keystoreRoot} from '../../zcap/keystore-root.ts';
import type {EndpointRequest} from '../endpoint.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';

export interface KeystoreAuthorization {
  readonly keystoreId: string;
  /** The key that the request is about. */
  readonly localKeyId?: string;
  readonly action: string;
  /** A root of which the keystore's controllers are the controllers too, besides the keystore's own (R14). */
  readonly additionalRoot?: string;
  /** Other actions of which one is enough (R36). */
  readonly alsoBy?: ReadonlySet<string>;
}

/** A request that is allowed, what it is about, as it was when it was allowed, and whether it still is. */
export interface OnKeystore {
  readonly keystore: KeystoreConfig;
  /** The key, which came with the keystore. */
  readonly findKey: KeyRequest['findKey'];
  readonly invocation: Invocation;
  /** As `AuthorizedInvocation.confirm`. */
  readonly confirm: () => Promise<void>;
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
  {keystoreId, localKeyId, additionalRoot, action, alsoBy}: KeystoreAuthorization,
): Promise<OnKeystore> {
  const readState = async ({revocations, isLast}: StateQuery): Promise<AuthorizationState & RequestState> => {
    // A key can be large: it is not read for strangers.
    const asked = {keystoreId, revocations, localKeyId: isLast ? localKeyId : undefined};
    const {keystore, isAnyRevoked, findKey} = await request.time('state', () => stores.state.read(asked));
    const root = keystoreRoot(keystoreId, keystore);
    const roots =
      additionalRoot === undefined
        ? [root]
        : [root, {...root, invocationTarget: additionalRoot, delegable: false}];
    return {keystore, isAnyRevoked, findKey, roots};
  };
  const onInvoker = (did: string): void => {
    request.noteInvoker?.(did);
    request.noteAction?.(action);
  };
  const {state, invocation, confirm} = await request.time('authorization', () =>
    authorizer.authorizeInvocation(envelope, {action, alsoBy, readState, onInvoker}),
  );
  if (invocation.chainLength > 1) request.noteDelegation?.(invocation);
  return {invocation, confirm, keystore: existing(state.keystore), findKey: state.findKey};
}

/** After authorisation there is a keystore: nobody is authorised on one that has no controllers. */
function existing(keystore: KeystoreConfig | undefined): KeystoreConfig {
  if (!keystore)
    throw new InternalError(new Error('A request about a keystore that does not exist was authorised.'));
  return keystore;
}
