import {delegatedZcap} from '../../../schemas/revocations.ts';
import {DuplicateError, MalformedRequestError, NotAllowedError} from '../../errors.ts';
import type {Revocation, RevocationCharge, RevocationStore} from '../../storage/revocation-store.ts';
import type {StateQuery} from '../../zcap/invocation.ts';
import {decodeComponent} from '../../zcap/request-target.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {currentMs, currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
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
    const readState = ({revocations}: StateQuery) =>
      request.time('state', () => stores.state.read({keystoreId, revocations}));
    const {invocation, revocable} = await request.time('authorization', () =>
      authorizer.authorizeRevocation(envelope, {
        readState,
        keystoreId,
        capability,
        revocationId,
        onInvoker: request.noteInvoker,
      }),
    );
    await authorizer.acceptOnce(invocation, {creation: false});
    const {id: capabilityId, chargedTo, ...described} = revocable;
    const revocation = {
      ...described,
      keystoreId,
      capabilityId,
      revoker: invocation.invoker,
      revokedAt: currentMs(deps),
    };
    // R47: bounded, but whoever the keystore belongs to can always revoke.
    const charge = chargedTo === undefined ? undefined : {to: chargedTo, max: quotas.revocationsPerDelegator};
    await insertOnce(stores.revocations, revocation, charge);
    return {status: 204};
  };
}

/** R46: to revoke what is revoked for as long is refused as any use of it is. */
async function insertOnce(
  revocations: RevocationStore,
  revocation: Revocation,
  charge: RevocationCharge | undefined,
): Promise<void> {
  try {
    await revocations.insert(revocation, {charge});
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error;
    throw new NotAllowedError('revoked', 'A capability in the delegation chain has been revoked.', {
      cause: error,
    });
  }
}
