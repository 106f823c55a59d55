// The public API `webkms-server/key-module`: for those who write a key module. docs/guides/key-modules.md
export {
  InternalError,
  MalformedRequestError,
  NotSupportedError,
  OperationFailedError,
  UnavailableError,
} from './errors.ts';
export {type HeldKey, type HeldKeys} from './key-modules/held-keys.ts';
export {
  type CreateKeyModule,
  type KeyModuleContext,
  type KeyModuleLog,
  type KeyModuleSealer,
} from './key-modules/key-module-context.ts';
export {
  type Encapsulated,
  type EncryptionOptions,
  type GeneratedKey,
  type KeyModule,
  type KeyTypeSupport,
  type KeyVersion,
  type KeyVersionId,
  type SealedMaterial,
  type SignatureOptions,
} from './key-modules/key-module.ts';
export {
  assertOperation,
  chooseEncryption,
  chooseSignature,
  type EncryptionChoice,
  type OfferedOperations,
  type SignatureChoice,
} from './key-modules/operation-options.ts';
export {PartialKeyModule} from './key-modules/partial-key-module.ts';
export {
  DIGEST_BYTES,
  type EncryptionAlgorithm,
  type HashAlgorithm,
  type KeyAlgorithm,
  type SecretForm,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from './keys/key-algorithms.ts';
export {
  findKeyType,
  KEY_TYPES,
  type KeyType,
  type KeyTypeDescriptor,
  type PublicKeyFormat,
} from './keys/key-types.ts';
export {type KeyOperation} from './storage/key-record.ts';
