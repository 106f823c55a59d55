import type {KmsEndpoints} from '../create-app.ts';
import {createKeystoreEndpoint} from './create-keystore.ts';
import {deleteKeystoreEndpoint} from './delete-keystore.ts';
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
  return {
    createKeystore: createKeystoreEndpoint(deps),
    listKeystores: listKeystoresEndpoint(deps),
    getKeystore: getKeystoreEndpoint(deps),
    updateKeystore: updateKeystoreEndpoint(deps),
    deleteKeystore: deleteKeystoreEndpoint(deps),
    generateKey: generateKeyEndpoint(deps),
    listKeys: listKeysEndpoint(deps),
    getKeyDescription: getKeyDescriptionEndpoint(deps),
    runKeyOperation: runKeyOperationEndpoint(deps),
    listRevocations: listRevocationsEndpoint(deps),
    revokeCapability: revokeCapabilityEndpoint(deps),
  };
}
