import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {readOperationType, validateOperation} from '../../operations/read-operation.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedJson} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/** POST an operation to a keystore's keys → 200 and its result; of one that makes a key `Location`, `{keyId, keyDescription}`. */
export function generateKeyEndpoint(deps: EndpointDependencies): Endpoint {
  const {authorizer, keyService} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const {envelope, body} = await readSignedJson(request, {host: urls.host, now: currentSeconds(deps)});
    assertNoQuery(request);
    const descriptor = readOperationType(body, 'keystore');
    const {action} = descriptor;
    const keystoreId = urls.keystore(request);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {keystoreId, action});
    const operation = validateOperation(descriptor, body);
    const acceptOnce = () => authorizer.acceptOnce(invocation, {creation: true});
    const {location, body: reply} = await request.time('operation', () =>
      keyService.runOnKeystore(descriptor, operation, {
        ...{keystore, acceptOnce},
        facts: {action, chainLength: invocation.chainLength},
      }),
    );
    return {status: 200, ...(location !== undefined && {headers: {location}}), body: reply};
  };
}
