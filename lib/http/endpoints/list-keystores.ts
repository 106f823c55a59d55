import {getKeystoresQuery} from '../../../schemas/keystores.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {parseQuery} from '../query.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {toPageOptions} from './read-query.ts';
import {readHead} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

const parseKeystoresQuery = createValidator('getKeystoresQuery', getKeystoresQuery);

/** GET `/kms/keystores?controller=…` → `{results: [config…], cursor?}`: the keystores that name the controller. */
export function listKeystoresEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const {controller, ...page} = parseKeystoresQuery(parseQuery(request.head.target));
    // R24: a DID may list what names it, and nobody else's.
    await request.time('authorization', () =>
      authorizer.authorizeInvocation(envelope, {
        action: 'read',
        onInvoker: request.noteInvoker,
        // R44: what was delegated from here could not be revoked.
        readState: async () => ({
          roots: [{invocationTarget: urls.keystores, controllers: [controller], delegable: false}],
          isAnyRevoked: false,
        }),
      }),
    );
    return {status: 200, body: await stores.keystores.list({controller, ...toPageOptions(page)})};
  };
}
