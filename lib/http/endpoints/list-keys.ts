import {listKeysQuery} from '../../../schemas/keys.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {parseQuery} from '../query.ts';
import {isChainAllowed} from '../../operations/admit-chain.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {toPageOptions} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

const parseListKeysQuery = createValidator('listQuery', listKeysQuery);

/**
 * GET a keystore's keys → `{results: [key description…], cursor?}`. A key that the invoked chain is too long to read
 * by itself is left out, and so are deleted ones: a page may be shorter than its limit.
 */
export function listKeysEndpoint(deps: EndpointDependencies): Endpoint {
  const {keyService} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const {name, include, ...page} = parseListKeysQuery(parseQuery(request.head.target));
    const keystoreId = urls.keystore(request);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      action: 'read',
    });
    const body = await keyService.list(
      {
        keystore,
        isVisible: (record) => isChainAllowed(record, invocation),
        facts: {action: 'read', chainLength: invocation.chainLength},
      },
      {...toPageOptions(page), name, metadata: include !== undefined},
    );
    return {status: 200, body};
  };
}
