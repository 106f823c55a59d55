import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {DuplicateError} from '../errors.ts';
import {describeKey, type KeyDescription} from '../keys/key-description.ts';
import {keyMetadata} from '../keys/key-metadata.ts';
import {currentVersion, keyTypeOf} from '../keys/key-state.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeystoreConfig, Page} from '../storage/keystore-config-store.ts';
import {mapInTurns} from '../turns.ts';
import {changeKey} from './change-key.ts';
import {findKey, type KeyRequest} from './find-key.ts';
import {findKeyModule} from './find-key-module.ts';
import type {KeyServiceOptions, KeyServiceParts} from './key-service-options.ts';
import type {
  ChangeDescriptor,
  KeystoreDescriptor,
  NewKeyContext,
  NewKeyDescriptor,
  OnKeyDescriptor,
  OnKeystoreDescriptor,
} from './operation.ts';
import {rotation} from './rotate-key.ts';
import {runExport} from './run-export.ts';
import {type BatchCall, runBatch, useKey} from './use-key.ts';

/** Who asks was authorised on the keystore, as it was then. */
export interface KeystoreCall {
  readonly keystore: KeystoreConfig;
  /** Lets a change through once; called once for every change, right before it is made. @throws where it was made before */
  readonly acceptOnce: () => Promise<void>;
}

export interface KeyCall extends KeystoreCall, BatchCall {}

export interface KeystoreReply {
  /** The URL of what was made. */
  readonly location?: string;
  readonly body: object;
}

export interface DescribeOptions {
  /** Default: the current one. */
  readonly version?: number | undefined;
  /** Adds `metadata`. */
  readonly metadata?: boolean;
}

export interface ListRequest {
  readonly keystore: KeystoreConfig;
  /** Whether who asks may know of that key. */
  readonly isVisible: (record: KeyRecord) => boolean;
}

export interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Of the one key that has it, or none. */
  readonly name?: string | undefined;
  readonly metadata?: boolean;
}

/** All that can be done with keys, for whoever may: it knows nothing of requests and capabilities. */
export class KeyService {
  readonly #parts: KeyServiceParts;

  constructor(options: KeyServiceOptions) {
    this.#parts = {now: Date.now, ...options};
  }

  /** Runs a valid operation that was posted to a keystore's keys. */
  runOnKeystore(
    descriptor: OnKeystoreDescriptor,
    operation: object,
    call: KeystoreCall,
  ): Promise<KeystoreReply> {
    return descriptor.kind === 'newKey'
      ? this.#makeKey(descriptor, operation as OperationBody<'GenerateKeyOperation'>, call)
      : this.#runOnKeystore(descriptor, operation as OperationBody<'GetImportParametersOperation'>, call);
  }

  /** Runs a valid operation that was posted to a key. */
  async runOnKey(descriptor: OnKeyDescriptor, operation: object, call: KeyCall): Promise<object> {
    switch (descriptor.kind) {
      case 'use':
        return useKey(descriptor, operation, call, this.#parts);
      case 'batch':
        return runBatch(descriptor, operation as OperationBody<'BatchOperation'>, call, this.#parts);
      case 'change':
        return this.#change(descriptor, operation as OperationBody<'UpdateKeyOperation'>, call);
      case 'rotate':
        return this.#rotateForClient(call);
      case 'export':
        return runExport(descriptor, operation as OperationBody<'ExportKeyOperation'>, call, this.#parts);
    }
  }

  /** What `describe` says of a key. @throws NotFoundError */
  async read(request: KeyRequest, options?: DescribeOptions): Promise<KeyDescription> {
    return this.describe(request.keystore, await findKey(this.#parts.keys, request), options);
  }

  /** Descriptions of the keystore's keys that are `isVisible`, and of none that is deleted: in order of creation, in pages. */
  async list(
    {keystore, isVisible}: ListRequest,
    {name, metadata = false, ...page}: ListOptions,
  ): Promise<Page<KeyDescription>> {
    const {keys} = this.#parts;
    const keystoreId = keystore.id;
    const {results, ...rest} =
      name === undefined ? await keys.list({keystoreId, ...page}) : await this.#findNamed(keystoreId, name);
    const visible = results.filter((record) => record.state !== 'deleted' && isVisible(record));
    const descriptions = await mapInTurns(visible, (record) => this.describe(keystore, record, {metadata}));
    return {results: descriptions, ...rest};
  }

  async #findNamed(keystoreId: string, name: string): Promise<Page<KeyRecord>> {
    const record = await this.#parts.keys.findByName({keystoreId, name});
    return {results: record ? [record] : []};
  }

  /** @throws NotFoundError where the key is deleted, or has no such version. */
  async describe(
    keystore: Pick<KeystoreConfig, 'id' | 'controller'>,
    record: KeyRecord,
    {version, metadata = false}: DescribeOptions = {},
  ): Promise<KeyDescription> {
    const {keystoreId, localKeyId} = record;
    const keyId = keyUrl(record);
    const description = describeKey({
      keyId,
      keystoreController: keystore.controller,
      record,
      version,
      isStored: true,
    });
    if (!metadata) return description;
    const {uses, defaults, now} = this.#parts;
    const counted = await uses.find({keystoreId, localKeyId});
    const type = keyTypeOf(record);
    return {
      ...description,
      metadata: await keyMetadata({record, type, uses: counted, defaults, now: now()}),
    };
  }

  /**
   * Rotates a key because its policy says so: where `if` still says so of the record as it is when it is replaced.
   * @returns the record, or undefined where it was not to be rotated (any more). @throws NotFoundError
   */
  async rotate(
    keystore: KeystoreConfig,
    localKeyId: string,
    {if: isDue = () => true}: {readonly if?: (record: KeyRecord) => boolean} = {},
  ): Promise<KeyRecord | undefined> {
    const {keys, keyModules, now} = this.#parts;
    const module = findKeyModule(keystore.kmsModule, keyModules);
    const rotate = rotation({module, now});
    return changeKey({
      keys,
      request: {keystore, localKeyId, admit: () => undefined},
      change: (found) => (isDue(found) ? rotate(found) : undefined),
    });
  }

  async #makeKey(
    descriptor: NewKeyDescriptor,
    operation: OperationBody<'GenerateKeyOperation'>,
    {keystore, acceptOnce}: KeystoreCall,
  ): Promise<KeystoreReply> {
    const {keys, keysPerKeystore} = this.#parts;
    const make = descriptor.plan(operation, this.#newKeyContext(keystore));
    await this.#assertNameFree(keystore, operation.invocationTarget.tags);
    await acceptOnce();
    const record = await make();
    const keyId = keyUrl(record);
    const keyDescription = describeKey({keyId, keystoreController: keystore.controller, record});
    // Making some kinds of key takes long: a keystore that went to another meanwhile gets no key from its old controller.
    await keys.insert(record, {maxPerKeystore: keysPerKeystore, keystoreSequence: keystore.sequence});
    return {location: keyId, body: {keyId, keyDescription}};
  }

  /** The store says so too, but only once the key was made. */
  async #assertNameFree(
    {id: keystoreId}: KeystoreConfig,
    {name}: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    if (name === undefined || !(await this.#parts.keys.findByName({keystoreId, name}))) return;
    throw new DuplicateError('Another key of the keystore has that name.');
  }

  async #runOnKeystore(
    descriptor: KeystoreDescriptor,
    operation: OperationBody<'GetImportParametersOperation'>,
    {keystore}: KeystoreCall,
  ): Promise<KeystoreReply> {
    return {body: await descriptor.run(operation, this.#newKeyContext(keystore))};
  }

  #newKeyContext(keystore: KeystoreConfig): NewKeyContext {
    const {keyModules, defaults, importTokens, now} = this.#parts;
    const module = findKeyModule(keystore.kmsModule, keyModules);
    return {keystore, module, defaults, importTokens, now: now()};
  }

  async #change(
    descriptor: ChangeDescriptor,
    operation: OperationBody<ChangeDescriptor['type']>,
    call: KeyCall,
  ): Promise<OperationReply<'UpdateKeyOperation'>> {
    const {keys, defaults, now} = this.#parts;
    const {keystore, acceptOnce} = call;
    const record = await changeKey({
      keys,
      request: call,
      change: (found) => descriptor.apply(found, operation, {defaults, now: now()}),
      acceptOnce,
      keystoreSequence: keystore.sequence,
    });
    const keyDescription = await this.describe(keystore, record, {metadata: true});
    return {keyId: keyUrl(record), keyDescription} as OperationReply<'UpdateKeyOperation'>;
  }

  async #rotateForClient(call: KeyCall): Promise<OperationReply<'RotateKeyOperation'>> {
    const {keys, keyModules, now, log} = this.#parts;
    const {keystore, acceptOnce} = call;
    const module = findKeyModule(keystore.kmsModule, keyModules);
    const record = await changeKey({
      keys,
      request: call,
      change: rotation({module, now, acceptOnce}),
      keystoreSequence: keystore.sequence,
    });
    const keyVersion = currentVersion(record).version;
    log.info({key: keyUrl(record), keyVersion}, 'key rotated');
    const keyDescription = await this.describe(keystore, record);
    return {keyDescription, keyVersion} as OperationReply<'RotateKeyOperation'>;
  }
}
