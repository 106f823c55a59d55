import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {assertNoQuery} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/** DELETE a keystore that holds no keys → 204. */
export function deleteKeystoreEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    assertNoQuery(request);
    const keystoreId = urls.keystore(request);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      action: 'write',
    });
    await authorizer.acceptOnce(invocation, {creation: false});
    await stores.keystores.delete(keystoreId, {sequence: keystore.sequence});
    return {status: 204};
  };
}
