import {delegatedZcap} from '../../../schemas/revocations.ts';
import {DuplicateError, MalformedRequestError, NotAllowedError} from '../../errors.ts';
import type {Revocation, RevocationStore} from '../../storage/revocation-store.ts';
import {decodeComponent} from '../../zcap/request-target.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../validation/create-validator.ts';
import {existing} from './authorize-on-keystore.ts';
import {currentMs, currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {controllersOf} from './keystore-controllers.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedBody} from './read-request.ts';
import {parameter, resourceUrls} from './resource-urls.ts';

const parseBody = createValidator('delegatedZcap', delegatedZcap);

/** POST a delegated capability to `<keystore>/zcaps/revocations/<its id>` → 204; it is honoured nowhere from then on. */
export function revokeCapabilityEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer, quotas} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    assertNoQuery(request);
    const {envelope, body: capability} = await readSignedBody(
      request,
      {host: urls.host, now: currentSeconds(deps)},
      parseBody,
    );
    const revocationId = decodeComponent(parameter(request, 'zcapId'));
    if (revocationId === undefined) throw new MalformedRequestError('The URL does not end in an encoded id.');
    const keystoreId = urls.keystore(request);
    const keystore = await request.time('keystore', () => stores.keystores.find(keystoreId));
    const {invocation, revocable} = await request.time('authorization', () =>
      authorizer.authorizeRevocation(envelope, {keystore, keystoreId, capability, revocationId}),
    );
    request.noteInvoker?.(invocation.invoker);
    // R47: bounded, but whoever the keystore belongs to can always revoke.
    const isOwners = controllersOf(existing(keystore)).includes(invocation.authority);
    await authorizer.acceptOnce(invocation, {creation: false});
    await insertOnce(stores.revocations, isOwners ? undefined : quotas.revocationsPerDelegator, {
      keystoreId,
      delegator: revocable.delegator,
      capabilityId: revocable.id,
      expiresAt: revocable.expiresAt,
      revoker: invocation.invoker,
      revokedAt: currentMs(deps),
    });
    return {status: 204};
  };
}

/** R46: to revoke what is revoked is refused as any use of it is, also where another node was faster. */
async function insertOnce(
  revocations: RevocationStore,
  maxPerDelegator: number | undefined,
  revocation: Revocation,
): Promise<void> {
  try {
    await revocations.insert(revocation, {maxPerDelegator});
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error;
    throw new NotAllowedError('revoked', 'A capability in the delegation chain has been revoked.', {
      cause: error,
    });
  }
}
