import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {assertNoQuery} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/** GET a keystore → its config. */
export function getKeystoreEndpoint(deps: EndpointDependencies): Endpoint {
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    assertNoQuery(request);
    const keystoreId = urls.keystore(request);
    const {keystore} = await authorizeOnKeystore(request, deps, envelope, {keystoreId, action: 'read'});
    return {status: 200, body: keystore};
  };
}
