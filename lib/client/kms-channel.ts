/** The operations that are sent from here, with the capability actions that they need: docs/keys.md. */
export const OPERATION_ACTIONS = {
  GenerateKeyOperation: 'generateKey',
  ImportKeyOperation: 'importKey',
  GetImportParametersOperation: 'importKey',
  SignOperation: 'sign',
  VerifyOperation: 'verify',
  EncryptOperation: 'encrypt',
  DecryptOperation: 'decrypt',
  RewrapOperation: 'rewrap',
  GenerateDataKeyOperation: 'generateDataKey',
  EncapsulateOperation: 'encapsulate',
  DecapsulateOperation: 'decapsulate',
  WrapKeyOperation: 'wrapKey',
  UnwrapKeyOperation: 'unwrapKey',
  DeriveSecretOperation: 'deriveSecret',
  RotateKeyOperation: 'rotateKey',
  UpdateKeyOperation: 'updateKey',
  DisableKeyOperation: 'disableKey',
  EnableKeyOperation: 'enableKey',
  DeleteKeyOperation: 'deleteKey',
  RestoreKeyOperation: 'restoreKey',
  ExportKeyOperation: 'exportKey',
} as const;

export type OperationName = keyof typeof OPERATION_ACTIONS;

/** An operation as it is on the wire, whole. */
export interface WireOperation {
  readonly type: OperationName;
  readonly invocationTarget: unknown;
  readonly [member: string]: unknown;
}

/**
 * Takes what docs/keys.md describes to where the keystore is. Replies come back as they are: whoever asked looks at them.
 * Every method throws the errors of lib/errors.ts, and `KmsConnectionError`.
 */
export interface KmsChannel {
  /** The keystore's URL. */
  readonly keystoreId: string;
  runOnKeystore(operation: WireOperation): Promise<unknown>;
  /** @param keyId the key's URL, which is the operation's `invocationTarget` */
  runOnKey(keyId: string, operation: WireOperation): Promise<unknown>;
  /** The description of the current version, with metadata. */
  describeKey(keyId: string): Promise<unknown>;
  /** A page of descriptions with metadata; `name`: of the one key that has it, or none. */
  listKeys(query: {readonly name?: string; readonly cursor?: string}): Promise<unknown>;
  close(): Promise<void>;
}
