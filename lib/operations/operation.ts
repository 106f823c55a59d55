import type {Schema} from '../../schemas/json-schema.ts';
import type {BatchableOperationType} from '../../schemas/operations/batch.ts';
import type {OperationBody, OperationReply, OperationType} from '../../schemas/kms-operations.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import type {KeyDefaults} from '../keys/key-defaults.ts';
import type {KeyRecord, KeyUse} from '../storage/key-record.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {ImportTokens} from './import-tokens.ts';
import type {UsableKey} from './usable-key.ts';
import type {UseRequest} from './use-request.ts';

/** Operations that use a key; those of them that a batch may be of. */
export type UseOperationType =
  | 'SignOperation'
  | 'VerifyOperation'
  | 'EncryptOperation'
  | 'DecryptOperation'
  | 'RewrapOperation'
  | 'GenerateDataKeyOperation'
  | 'EncapsulateOperation'
  | 'DecapsulateOperation'
  | 'WrapKeyOperation'
  | 'UnwrapKeyOperation'
  | 'DeriveSecretOperation';

/** Operations that change what a key may do, or what is said of it. */
export type ChangeOperationType =
  | 'UpdateKeyOperation'
  | 'DisableKeyOperation'
  | 'EnableKeyOperation'
  | 'DeleteKeyOperation'
  | 'RestoreKeyOperation';

/** Operations that make a key: posted to a keystore's keys. */
export type NewKeyOperationType = 'GenerateKeyOperation' | 'ImportKeyOperation';

interface Descriptor<T extends OperationType> {
  readonly type: T;
  readonly schema: Schema;
}

export interface UseDescriptor<T extends UseOperationType = UseOperationType> extends Descriptor<T> {
  readonly kind: 'use';
  readonly target: 'key';
  /** The capability action that allows it; keys/key-uses.ts says what the key must be able to do. */
  readonly action: KeyUse;
  /** Of an operation that is valid; nothing is decoded for it. */
  ask?(operation: OperationItem<T>): UseRequest;
  /**
   * @throws MalformedRequestError, OperationFailedError where the input is bad; KeyStateError where the version that it names
   *   does nothing (any more); NotSupportedError, UnavailableError as the key module does.
   */
  run(operation: OperationItem<T>, key: UsableKey): Promise<OperationReply<T>>;
}

/** What an operation says, wherever it was sent to. */
export type OperationItem<T extends OperationType> = Omit<
  OperationBody<T>,
  'type' | 'invocationTarget' | '@context'
>;

export interface ChangeContext {
  readonly defaults: KeyDefaults;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ChangeDescriptor<T extends ChangeOperationType = ChangeOperationType> extends Descriptor<T> {
  readonly kind: 'change';
  readonly target: 'key';
  readonly action: string;
  /**
   * The record as it is to be; called again where another change came first.
   * @throws KeyStateError, KeyPolicyError, MalformedRequestError, NotFoundError
   */
  apply(record: KeyRecord, operation: OperationBody<T>, context: ChangeContext): KeyRecord;
}

export interface RotateDescriptor extends Descriptor<'RotateKeyOperation'> {
  readonly kind: 'rotate';
  readonly target: 'key';
  readonly action: 'rotateKey';
}

/** A batch of one kind of use. */
export interface BatchDescriptor extends Descriptor<'BatchOperation'> {
  readonly kind: 'batch';
  readonly target: 'key';
  /** That of the items. */
  readonly action: KeyUse;
  readonly item: UseDescriptor;
}

/** Which batch it is, the operation says: so does which action it asks for. */
export interface BatchDescriptors extends Descriptor<'BatchOperation'> {
  readonly kind: 'batches';
  readonly target: 'key';
  /** By the type of the items; without prototype. */
  readonly of: Readonly<Record<BatchableOperationType, BatchDescriptor>>;
}

export interface ExportDescriptor extends Descriptor<'ExportKeyOperation'> {
  readonly kind: 'export';
  readonly target: 'key';
  readonly action: 'exportKey';
  /** Checks state and policy, too: nothing but the capability was checked before. */
  run(
    operation: OperationBody<'ExportKeyOperation'>,
    key: UsableKey,
    context: {readonly now: number},
  ): Promise<OperationReply<'ExportKeyOperation'>>;
}

/** Where a new key is to be. */
export interface NewKeyContext {
  readonly keystore: Pick<KeystoreConfig, 'id' | 'controller'>;
  readonly module: KeyModule;
  readonly defaults: KeyDefaults;
  readonly importTokens: ImportTokens;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface NewKeyDescriptor<T extends NewKeyOperationType = NewKeyOperationType> extends Descriptor<T> {
  readonly kind: 'newKey';
  readonly target: 'keystore';
  readonly action: 'generateKey' | 'importKey';
  /**
   * Refuses what can be refused before anything is made.
   * @returns the function that makes the key: its record, which is not stored yet.
   * @throws NotSupportedError, MalformedRequestError
   */
  plan(operation: OperationBody<T>, context: NewKeyContext): () => Promise<KeyRecord>;
}

/** Operations on a keystore that make nothing. */
export interface KeystoreDescriptor extends Descriptor<'GetImportParametersOperation'> {
  readonly kind: 'keystore';
  readonly target: 'keystore';
  readonly action: 'importKey';
  run(
    operation: OperationBody<'GetImportParametersOperation'>,
    context: NewKeyContext,
  ): Promise<OperationReply<'GetImportParametersOperation'>>;
}

export type OnKeyDescriptor =
  UseDescriptor | ChangeDescriptor | RotateDescriptor | BatchDescriptor | ExportDescriptor;
export type OnKeystoreDescriptor = NewKeyDescriptor | KeystoreDescriptor;

/** What is posted where. */
export interface Targets {
  readonly key: OnKeyDescriptor;
  readonly keystore: OnKeystoreDescriptor;
}

/** Everything the server needs to know about an operation. */
export type OperationDescriptor<T extends OperationType = OperationType> = T extends UseOperationType
  ? UseDescriptor<T>
  : T extends ChangeOperationType
    ? ChangeDescriptor<T>
    : T extends NewKeyOperationType
      ? NewKeyDescriptor<T>
      : T extends 'RotateKeyOperation'
        ? RotateDescriptor
        : T extends 'ExportKeyOperation'
          ? ExportDescriptor
          : T extends 'BatchOperation'
            ? BatchDescriptors
            : T extends 'GetImportParametersOperation'
              ? KeystoreDescriptor
              : never;
