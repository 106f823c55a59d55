import {postKeystoreBody} from '../../../schemas/keystores.ts';
import {generateLocalId} from '../../encoding/local-id.ts';
import {assertKeyModuleOffered, defaultKeyModule} from '../../operations/find-key-module.ts';
import {controllersOf} from '../../storage/controllers-of.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import type {Endpoint} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {assertControllers} from './assert-controllers.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedBody} from './read-request.ts';
import {resourceUrls} from './resource-urls.ts';

const parseBody = createValidator('postKeystoreBody', postKeystoreBody);

/** POST `/kms/keystores`: `{sequence: 0, controller, …}` → 201 and the config. */
export function createKeystoreEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores, authorizer, keyModules, keystoreCreation, quotas} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    assertNoQuery(request);
    const {envelope, body} = await readSignedBody(
      request,
      {host: urls.host, now: currentSeconds(deps)},
      parseBody,
    );
    const {kmsModule = defaultKeyModule(keyModules), ...settings} = body;
    assertKeyModuleOffered(kmsModule, keyModules);
    // R24: where creation is open, whoever the keystore is to belong to may make it; nobody else in their name.
    const controllers = keystoreCreation === 'open' ? controllersOf(body) : keystoreCreation;
    const {invocation} = await request.time('authorization', () =>
      authorizer.authorizeInvocation(envelope, {
        action: 'write',
        onInvoker: request.noteInvoker,
        // R44: what was delegated from here could not be revoked.
        readState: async () => ({
          roots: [{invocationTarget: urls.keystores, controllers, delegable: false}],
          isAnyRevoked: false,
        }),
      }),
    );
    assertControllers(body);
    const config: KeystoreConfig = {id: `${urls.keystores}/${generateLocalId()}`, ...settings, kmsModule};
    await authorizer.acceptOnce(invocation, {creation: true});
    // Whose authority it stands under made it: that is also who delegated the right to.
    await stores.keystores.insert(config, {
      creator: invocation.authority,
      maxPerCreator: quotas.keystoresPerCreator,
    });
    return {status: 201, headers: {location: config.id}, body: config};
  };
}
