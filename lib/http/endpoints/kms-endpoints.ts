import type {KmsEndpoints} from '../create-app.ts';
import {createKeystoreEndpoint} from './create-keystore.ts';
import {deleteKeystoreEndpoint} from './delete-keystore.ts';
import type {Endpoint} from '../endpoint.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {generateKeyEndpoint} from './generate-key.ts';
import {getKeyDescriptionEndpoint} from './get-key-description.ts';
import {getKeystoreEndpoint} from './get-keystore.ts';
import {listKeysEndpoint} from './list-keys.ts';
import {listKeystoresEndpoint} from './list-keystores.ts';
import {listRevocationsEndpoint} from './list-revocations.ts';
import {revokeCapabilityEndpoint} from './revoke-capability.ts';
import {runKeyOperationEndpoint} from './run-key-operation.ts';
import {updateKeystoreEndpoint} from './update-keystore.ts';

/** The endpoint of every KMS route, by the route's name. */
export function createKmsEndpoints(deps: EndpointDependencies): KmsEndpoints {
  const usable =
    (endpoint: Endpoint): Endpoint =>
    (request) => {
      deps.assertUsable?.();
      return endpoint(request);
    };
  return {
    createKeystore: usable(createKeystoreEndpoint(deps)),
    listKeystores: usable(listKeystoresEndpoint(deps)),
    getKeystore: usable(getKeystoreEndpoint(deps)),
    updateKeystore: usable(updateKeystoreEndpoint(deps)),
    deleteKeystore: usable(deleteKeystoreEndpoint(deps)),
    generateKey: usable(generateKeyEndpoint(deps)),
    listKeys: usable(listKeysEndpoint(deps)),
    getKeyDescription: usable(getKeyDescriptionEndpoint(deps)),
    runKeyOperation: usable(runKeyOperationEndpoint(deps)),
    listRevocations: usable(listRevocationsEndpoint(deps)),
    revokeCapability: usable(revokeCapabilityEndpoint(deps)),
  };
}
