import type {Revocation} from '../../storage/revocation-store.ts';
import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {readPageOptions} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/** GET a keystore's revocations → `{results: [{id, delegator, expires, revoker, revoked}…], cursor?}`. */
export function listRevocationsEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const page = readPageOptions(request);
    const keystoreId = urls.keystore(request);
    await authorizeOnKeystore(request, deps, envelope, {keystoreId, action: 'read'});
    const {results, cursor} = await stores.revocations.list({keystoreId, ...page});
    return {status: 200, body: {results: results.map(toWire), ...(cursor !== undefined && {cursor})}};
  };
}

function toWire({capabilityId, delegator, expiresAt, revoker, revokedAt}: Revocation) {
  return {
    id: capabilityId,
    delegator,
    expires: new Date(expiresAt).toISOString(),
    revoker,
    revoked: new Date(revokedAt).toISOString(),
  };
}
