// The public API `webkms-server/client`: keys of a WebKMS server, or of a local data directory, for other programs.
export {KmsConnectionError, UnexpectedReplyError} from './client/client-errors.ts';
export {
  createCertificationRequest,
  type CertificationRequestOptions,
} from './client/csr/certification-request.ts';
export {type SubjectAttribute} from './client/csr/distinguished-name.ts';
export {type JwksKey, toJwks} from './client/key-jwk.ts';
export {type JwsHeader, type JwsToSign, signJws} from './client/jws.ts';
export {kmsSigner, type KmsSigner} from './client/kms-signer.ts';
export type {
  Encapsulation,
  EncryptOptions,
  ImportedKey,
  KeyAdministrationKms,
  KeyInfo,
  KeyJwk,
  KeyPolicyJson,
  KeyUpdate,
  KeyVersionInfo,
  Kms,
  NewKeyOptions,
  PrivateKey,
  PublicKey,
  SecretKey,
  Signature,
  SignOptions,
} from './client/kms.ts';
export {IpcKms, type IpcKmsOptions} from './client/local/ipc-kms.ts';
export {LocalKms, type LocalKmsOptions} from './client/local/local-kms.ts';
export {type Capability, type ConnectionCredential, type RequestSigner} from './client/remote/capability.ts';
export {type DelegationRequest} from './client/remote/delegate.ts';
export {type KeystoreInfo, type NewKeystoreOptions, type RevocationInfo} from './client/remote/keystore.ts';
export {type CreateKeystoreOptions, RemoteKms, type RemoteKmsOptions} from './client/remote/remote-kms.ts';
export * from './errors.ts';
