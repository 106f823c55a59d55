import type {OperationBody, OperationReply, OperationType} from '../../schemas/kms-operations.ts';
import type {Schema} from '../../schemas/json-schema.ts';
import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import type {KeyDescription} from '../keys/key-description.ts';
import type {KeyOperation, KeyTypeDescriptor} from '../keys/key-types.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';

/** Operations that make a key: posted to a keystore's keys. */
export type NewKeyOperationType = 'GenerateKeyOperation';

/** Operations that use a key: posted to the key. */
export type KeyOperationType = Exclude<OperationType, NewKeyOperationType>;

/** A key about to be used, and the module that can. */
export interface UsableKey {
  readonly type: KeyTypeDescriptor;
  readonly version: KeyVersion;
  readonly module: KeyModule;
}

/** Where a new key is to be. */
export interface NewKeyContext {
  readonly keystore: Pick<KeystoreConfig, 'id' | 'controller'>;
  readonly module: KeyModule;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A key that was made and is not stored yet. */
export interface NewKey {
  /** The key's URL. */
  readonly keyId: string;
  readonly record: KeyRecord;
  readonly description: KeyDescription;
}

interface Descriptor<T extends OperationType> {
  readonly type: T;
  readonly schema: Schema;
}

/** Everything the server needs to know about an operation that uses a key. */
export interface KeyOperationDescriptor<T extends KeyOperationType = KeyOperationType> extends Descriptor<T> {
  readonly target: 'key';
  /** The capability action that allows it; and what a key's type must be able to do. */
  readonly action: KeyOperation;
  /**
   * @throws MalformedRequestError, OperationFailedError where the input is bad; NotSupportedError, UnavailableError as
   *   the key module does.
   */
  run(operation: OperationBody<T>, key: UsableKey): Promise<OperationReply<T>>;
}

/** Everything the server needs to know about an operation that makes a key. */
export interface NewKeyOperationDescriptor<
  T extends NewKeyOperationType = NewKeyOperationType,
> extends Descriptor<T> {
  readonly target: 'keystore';
  readonly action: 'generateKey';
  /**
   * Refuses what can be refused before anything is made.
   * @returns the function that makes the key.
   * @throws NotSupportedError, MalformedRequestError
   */
  plan(operation: OperationBody<T>, context: NewKeyContext): () => Promise<NewKey>;
}

export type OperationDescriptor<T extends OperationType> = T extends KeyOperationType
  ? KeyOperationDescriptor<T>
  : T extends NewKeyOperationType
    ? NewKeyOperationDescriptor<T>
    : never;
