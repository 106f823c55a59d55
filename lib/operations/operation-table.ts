import {KMS_OPERATIONS, type OperationType} from '../../schemas/kms-operations.ts';
import {deriveSecret} from './derive-secret.ts';
import {planGenerateKey} from './generate-key.ts';
import type {OperationDescriptor} from './operation.ts';
import {sign} from './sign.ts';
import {unwrapKey} from './unwrap-key.ts';
import {verify} from './verify.ts';
import {wrapKey} from './wrap-key.ts';

type Table = {readonly [T in OperationType]: OperationDescriptor<T>};
type Entries = {readonly [T in OperationType]: Omit<OperationDescriptor<T>, 'type' | 'schema'>};

/** All KMS operations by their `type`: everything the server needs to know about each. */
export const OPERATIONS: Table = table({
  GenerateKeyOperation: {target: 'keystore', action: 'generateKey', plan: planGenerateKey},
  SignOperation: {target: 'key', action: 'sign', run: sign},
  VerifyOperation: {target: 'key', action: 'verify', run: verify},
  WrapKeyOperation: {target: 'key', action: 'wrapKey', run: wrapKey},
  UnwrapKeyOperation: {target: 'key', action: 'unwrapKey', run: unwrapKey},
  DeriveSecretOperation: {target: 'key', action: 'deriveSecret', run: deriveSecret},
});

/** Adds what is told elsewhere. Without prototype, `constructor` finds nothing. */
function table(entries: Entries): Table {
  const result = Object.create(null) as Record<string, unknown>;
  for (const [type, entry] of Object.entries(entries)) {
    result[type] = Object.freeze({type, schema: KMS_OPERATIONS[type as OperationType].body, ...entry});
  }
  return Object.freeze(result) as Table;
}

/** @returns what is known of the operation that the wire calls `type`, or undefined where there is none. */
export function findOperation(type: string): Table[OperationType] | undefined {
  return (OPERATIONS as Readonly<Record<string, Table[OperationType] | undefined>>)[type];
}
