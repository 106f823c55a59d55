import {findKeyModule} from '../../operations/find-key-module.ts';
import type {Endpoint} from '../endpoint.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentMs, currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {readOperationType, validateOperation} from './read-operation.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedJson} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

/** POST an operation that makes a key to a keystore's keys → 200, `Location`, `{keyId, keyDescription}`. */
export function generateKeyEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer, keyModules, quotas} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const {envelope, body} = await readSignedJson(request, {host: urls.host, now: currentSeconds(deps)});
    assertNoQuery(request);
    const descriptor = readOperationType(body, 'keystore');
    const {action} = descriptor;
    const keystoreId = urls.keystore(request);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {keystoreId, action});
    const operation = validateOperation(descriptor, body);
    const module = findKeyModule(keystore.kmsModule, keyModules);
    const makeKey = descriptor.plan(operation, {keystore, module, createdAt: currentMs(deps)});
    await authorizer.acceptOnce(invocation, {creation: true});
    const {keyId, record, description} = await request.time('operation', makeKey);
    // Making some kinds of key takes long: a keystore that went to another meanwhile gets no key from its old controller.
    const keystoreSequence = keystore.sequence;
    await stores.keys.insert(record, {maxPerKeystore: quotas.keysPerKeystore, keystoreSequence});
    return {status: 200, headers: {location: keyId}, body: {keyId, keyDescription: description}};
  };
}
