import {encodeBase64url} from '../encoding/base64url.ts';
import {InternalError, KmsError} from '../errors.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import type {AdditionalData} from '../sealing/wrapper.ts';
import type {KeyModuleSealer} from './key-module-context.ts';

const PURPOSE = 'key-material';

/** A sealer for the module of that name: it opens nothing that another module, or another part of the server, has sealed. */
export function createKeyModuleSealer(name: string, wrappers: ScopeWrappers): KeyModuleSealer {
  const whole = (additionalData: Uint8Array): AdditionalData =>
    Buffer.from(JSON.stringify(['webkms key module material', name, encodeBase64url(additionalData)]));
  return {
    async seal(keystoreId, plaintext, additionalData) {
      const wrapper = await wrappers.wrapperFor(keystoreId, PURPOSE, {create: true});
      const material = await wrapper.seal(plaintext, whole(additionalData));
      return {material, dataKeyVersionId: wrapper.keyId};
    },
    async open(keystoreId, material, additionalData) {
      try {
        const wrapper = await wrappers.wrapperFor(keystoreId, PURPOSE);
        return await wrapper.open(material, whole(additionalData));
      } catch (error) {
        throw error instanceof KmsError ? error : new InternalError(error);
      }
    },
  };
}
