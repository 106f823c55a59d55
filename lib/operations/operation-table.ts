import {KMS_OPERATIONS, type OperationType} from '../../schemas/kms-operations.ts';
import {BATCHABLE_OPERATIONS, type BatchableOperationType} from '../../schemas/operations/batch.ts';
import {decapsulate} from './decapsulate.ts';
import {decrypt} from './decrypt.ts';
import {deriveSecret} from './derive-secret.ts';
import {encapsulate} from './encapsulate.ts';
import {askToEncrypt, encrypt} from './encrypt.ts';
import {exportKey} from './export-key.ts';
import {dataKeyBytes, generateDataKey} from './generate-data-key.ts';
import {planGenerateKey} from './generate-key.ts';
import {getImportParameters} from './get-import-parameters.ts';
import {planImportKey} from './import-key.ts';
import {disable, enable, remove, restore, update} from './key-changing-operations.ts';
import type {BatchDescriptor, OperationDescriptor, UseDescriptor} from './operation.ts';
import {askForSignature} from './read-signature-input.ts';
import {rewrap} from './rewrap.ts';
import {sign} from './sign.ts';
import {unwrapKey} from './unwrap-key.ts';
import {askForAlgorithm, base64urlBytes} from './use-request.ts';
import {verify} from './verify.ts';
import {wrapKey} from './wrap-key.ts';

type Table = {readonly [T in OperationType]: OperationDescriptor<T>};
type Entries = {
  readonly [T in Exclude<OperationType, 'BatchOperation'>]: Omit<OperationDescriptor<T>, 'type' | 'schema'>;
};

const onKeystore = {target: 'keystore'} as const;
const newKey = {...onKeystore, kind: 'newKey'} as const;
const use = {target: 'key', kind: 'use'} as const;
const change = {target: 'key', kind: 'change'} as const;

/** All KMS operations by their `type`: everything the server needs to know about each. */
export const OPERATIONS: Table = table({
  GenerateKeyOperation: {...newKey, action: 'generateKey', plan: planGenerateKey},
  ImportKeyOperation: {...newKey, action: 'importKey', plan: planImportKey},
  GetImportParametersOperation: {
    ...onKeystore,
    kind: 'keystore',
    action: 'importKey',
    run: getImportParameters,
  },
  SignOperation: {...use, action: 'sign', ask: askForSignature, run: sign},
  VerifyOperation: {...use, action: 'verify', ask: askForSignature, run: verify},
  WrapKeyOperation: {
    ...use,
    action: 'wrapKey',
    ask: ({unwrappedKey}) => ({dataBytes: base64urlBytes(unwrappedKey)}),
    run: wrapKey,
  },
  UnwrapKeyOperation: {...use, action: 'unwrapKey', run: unwrapKey},
  DeriveSecretOperation: {...use, action: 'deriveSecret', run: deriveSecret},
  EncryptOperation: {...use, action: 'encrypt', ask: askToEncrypt, run: encrypt},
  DecryptOperation: {...use, action: 'decrypt', ask: askForAlgorithm, run: decrypt},
  RewrapOperation: {...use, action: 'rewrap', run: rewrap},
  GenerateDataKeyOperation: {
    ...use,
    action: 'generateDataKey',
    ask: (operation) => ({dataBytes: dataKeyBytes(operation)}),
    run: generateDataKey,
  },
  EncapsulateOperation: {...use, action: 'encapsulate', run: encapsulate},
  DecapsulateOperation: {...use, action: 'decapsulate', run: decapsulate},
  RotateKeyOperation: {target: 'key', kind: 'rotate', action: 'rotateKey'},
  UpdateKeyOperation: {...change, action: 'updateKey', apply: update},
  DisableKeyOperation: {...change, action: 'disableKey', apply: disable},
  EnableKeyOperation: {...change, action: 'enableKey', apply: enable},
  DeleteKeyOperation: {...change, action: 'deleteKey', apply: remove},
  RestoreKeyOperation: {...change, action: 'restoreKey', apply: restore},
  ExportKeyOperation: {target: 'key', kind: 'export', action: 'exportKey', run: exportKey},
});

/** Adds what is told elsewhere, and the batches. Without prototype, `constructor` finds nothing. */
function table(entries: Entries): Table {
  const result = Object.create(null) as Record<OperationType, unknown>;
  for (const [type, entry] of Object.entries(entries) as [OperationType, object][]) {
    result[type] = Object.freeze({type, schema: KMS_OPERATIONS[type].body, ...entry});
  }
  const [type, schema] = ['BatchOperation', KMS_OPERATIONS.BatchOperation.body] as const;
  const of = Object.create(null) as Record<BatchableOperationType, BatchDescriptor>;
  for (const itemType of BATCHABLE_OPERATIONS) {
    const item = result[itemType] as UseDescriptor;
    of[itemType] = Object.freeze({
      ...{type, schema, target: 'key', kind: 'batch', action: item.action, item},
    } as const);
  }
  result[type] = Object.freeze({type, schema, target: 'key', kind: 'batches', of: Object.freeze(of)});
  return Object.freeze(result) as Table;
}

/** @returns what is known of the operation that the wire calls `type`, or undefined where there is none. */
export function findOperation(type: string): Table[OperationType] | undefined {
  return (OPERATIONS as Readonly<Record<string, Table[OperationType] | undefined>>)[type];
}

/** @returns the batch of operations that the wire calls `itemType`, or undefined where a batch cannot be of them. */
export function findBatch(itemType: string): BatchDescriptor | undefined {
  return (OPERATIONS.BatchOperation.of as Readonly<Record<string, BatchDescriptor | undefined>>)[itemType];
}
