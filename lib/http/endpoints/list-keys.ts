import {describeKey} from '../../keys/key-description.ts';
import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {isChainAllowed} from './find-authorized-key.ts';
import {readPageOptions} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/**
 * GET a keystore's keys → `{results: [key description…], cursor?}`. A key that the invoked chain is too long to read
 * by itself is left out, so a page may be shorter than its limit.
 */
export function listKeysEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const page = readPageOptions(request);
    const keystoreId = urls.keystore(request);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      action: 'read',
    });
    const {results, cursor} = await stores.keys.list({keystoreId, ...page});
    const descriptions = results
      .filter((record) => isChainAllowed(record, invocation))
      .map((record) =>
        describeKey({
          keyId: `${keystoreId}/keys/${record.localKeyId}`,
          keystoreController: keystore.controller,
          record,
        }),
      );
    return {status: 200, body: {results: descriptions, ...(cursor !== undefined && {cursor})}};
  };
}
