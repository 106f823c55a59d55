import {updateKeystoreConfigBody} from '../../../schemas/keystores.ts';
import {UrlMismatchError} from '../../errors.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {assertControllers} from './assert-controllers.ts';
import {nextKeystoreConfig} from './next-keystore-config.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedBody} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

const parseBody = createValidator('updateKeystoreConfigBody', updateKeystoreConfigBody);

/** POST a keystore: its next config, `sequence` one more than the stored one's → 200 `{config}`. */
export function updateKeystoreEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    assertNoQuery(request);
    const {envelope, body} = await readSignedBody(
      request,
      {host: urls.host, now: currentSeconds(deps)},
      parseBody,
    );
    const keystoreId = urls.keystore(request);
    assertSameUrl(body.id, keystoreId);
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      action: 'write',
    });
    const config = nextKeystoreConfig(keystore, body);
    assertControllers(config, keystore);
    await authorizer.acceptOnce(invocation, {creation: false});
    // R48: what is replaced is the very config whose controllers authorised this, or nothing is.
    await stores.keystores.update(config, {replaced: keystore, updater: invocation.authority});
    return {status: 200, body: {config}};
  };
}

function assertSameUrl(configId: string, requestUrl: string): void {
  if (configId === requestUrl) return;
  throw new UrlMismatchError('The "id" of the config is not the URL it was sent to.', {
    details: {requestUrl, configId, expected: requestUrl, actual: configId, httpStatusCode: 400},
  });
}
