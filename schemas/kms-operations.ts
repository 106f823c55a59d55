import type {FromSchema, Schema} from './json-schema.ts';
import {batchOperation, batchReply} from './operations/batch.ts';
import {changedKeyReply} from './operations/changed-key.ts';
import {decapsulateOperation, decapsulateReply} from './operations/decapsulate.ts';
import {decryptOperation, decryptReply} from './operations/decrypt.ts';
import {deleteKeyOperation} from './operations/delete-key.ts';
import {deriveSecretOperation, deriveSecretReply} from './operations/derive-secret.ts';
import {disableKeyOperation} from './operations/disable-key.ts';
import {enableKeyOperation} from './operations/enable-key.ts';
import {encapsulateOperation, encapsulateReply} from './operations/encapsulate.ts';
import {encryptOperation, encryptReply} from './operations/encrypt.ts';
import {exportKeyOperation, exportKeyReply} from './operations/export-key.ts';
import {generateDataKeyOperation, generateDataKeyReply} from './operations/generate-data-key.ts';
import {generateKeyOperation, generateKeyReply} from './operations/generate-key.ts';
import {getImportParametersOperation, getImportParametersReply} from './operations/get-import-parameters.ts';
import {importKeyOperation, importKeyReply} from './operations/import-key.ts';
import {restoreKeyOperation} from './operations/restore-key.ts';
import {rewrapOperation, rewrapReply} from './operations/rewrap.ts';
import {rotateKeyOperation, rotateKeyReply} from './operations/rotate-key.ts';
import {signOperation, signReply} from './operations/sign.ts';
import {unwrapKeyOperation, unwrapKeyReply} from './operations/unwrap-key.ts';
import {updateKeyOperation} from './operations/update-key.ts';
import {verifyOperation, verifyReply} from './operations/verify.ts';
import {wrapKeyOperation, wrapKeyReply} from './operations/wrap-key.ts';

/** The body and the reply of every KMS operation, by the operation's `type`. */
export const KMS_OPERATIONS = {
  GenerateKeyOperation: {body: generateKeyOperation, reply: generateKeyReply},
  ImportKeyOperation: {body: importKeyOperation, reply: importKeyReply},
  GetImportParametersOperation: {body: getImportParametersOperation, reply: getImportParametersReply},
  SignOperation: {body: signOperation, reply: signReply},
  VerifyOperation: {body: verifyOperation, reply: verifyReply},
  WrapKeyOperation: {body: wrapKeyOperation, reply: wrapKeyReply},
  UnwrapKeyOperation: {body: unwrapKeyOperation, reply: unwrapKeyReply},
  DeriveSecretOperation: {body: deriveSecretOperation, reply: deriveSecretReply},
  EncryptOperation: {body: encryptOperation, reply: encryptReply},
  DecryptOperation: {body: decryptOperation, reply: decryptReply},
  RewrapOperation: {body: rewrapOperation, reply: rewrapReply},
  GenerateDataKeyOperation: {body: generateDataKeyOperation, reply: generateDataKeyReply},
  EncapsulateOperation: {body: encapsulateOperation, reply: encapsulateReply},
  DecapsulateOperation: {body: decapsulateOperation, reply: decapsulateReply},
  BatchOperation: {body: batchOperation, reply: batchReply},
  RotateKeyOperation: {body: rotateKeyOperation, reply: rotateKeyReply},
  UpdateKeyOperation: {body: updateKeyOperation, reply: changedKeyReply},
  DisableKeyOperation: {body: disableKeyOperation, reply: changedKeyReply},
  EnableKeyOperation: {body: enableKeyOperation, reply: changedKeyReply},
  DeleteKeyOperation: {body: deleteKeyOperation, reply: changedKeyReply},
  RestoreKeyOperation: {body: restoreKeyOperation, reply: changedKeyReply},
  ExportKeyOperation: {body: exportKeyOperation, reply: exportKeyReply},
} as const satisfies Readonly<Record<string, {readonly body: Schema; readonly reply: Schema}>>;

export type OperationType = keyof typeof KMS_OPERATIONS;

/** The body of an operation, once validated. */
export type OperationBody<T extends OperationType> = FromSchema<(typeof KMS_OPERATIONS)[T]['body']>;

/** The reply to an operation. */
export type OperationReply<T extends OperationType> = FromSchema<(typeof KMS_OPERATIONS)[T]['reply']>;
