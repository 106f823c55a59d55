import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {eraseDestroyed, forgetDisabled} from '../key-modules/erase-keys.ts';
import {offeredKeyType} from '../key-modules/key-type-support.ts';
import {describeKey, type KeyDescription} from '../keys/key-description.ts';
import {keyMetadata, type KeyMetadataOptions} from '../keys/key-metadata.ts';
import {currentVersion, keyTypeOf} from '../keys/key-state.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeystoreConfig, Page} from '../storage/keystore-config-store.ts';
import {mapInTurns} from '../turns.ts';
import type {AuthorizedFacts} from './authorized-facts.ts';
import {changeKey} from './change-key.ts';
import {findKey, type KeyRequest} from './find-key.ts';
import {findKeyModule} from './find-key-module.ts';
import type {KeyServiceOptions, KeyServiceParts} from './key-service-options.ts';
import type {
  ChangeDescriptor,
  KeystoreDescriptor,
  NewKeyContext,
  OnKeyDescriptor,
  OnKeystoreDescriptor,
} from './operation.ts';
import {type KeystoreCall, type KeystoreReply, makeKey} from './make-key.ts';
import {rotateKey} from './rotate-key.ts';
import {runExport} from './run-export.ts';
import {type BatchCall, runBatch, useKey} from './use-key.ts';

export interface KeyCall extends KeystoreCall, BatchCall {}

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
  /** As `KeystoreCall.facts`. */
  readonly facts?: AuthorizedFacts;
}

export interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Of the one key that has it, or none. */
  readonly name?: string | undefined;
  readonly metadata?: boolean;
}

/** What requests ask of a KeyService, wherever it is. */
export type RequestKeyService = Pick<KeyService, 'runOnKeystore' | 'runOnKey' | 'read' | 'list'>;

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
      ? makeKey(descriptor, operation as OperationBody<'GenerateKeyOperation'>, call, {
          ...this.#parts,
          context: this.#newKeyContext(call.keystore),
        })
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
    keystore: Pick<KeystoreConfig, 'id' | 'controller' | 'kmsModule'>,
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
    const kept = this.#whereKept(keystore, record);
    return {
      ...description,
      metadata: await keyMetadata({...kept, record, uses: counted, defaults, now: now()}),
    };
  }

  /**
   * Rotates a key because its policy says so: where `if` still says so of the record as it is when it is replaced.
   * @returns the record, or undefined where it was not to be rotated (any more). @throws NotFoundError
   */
  async rotate(
    keystore: KeystoreConfig,
    localKeyId: string,
    {if: isDue}: {readonly if?: (record: KeyRecord) => boolean} = {},
  ): Promise<KeyRecord | undefined> {
    const module = findKeyModule(keystore.kmsModule, this.#parts.keyModules);
    const request = {keystore, localKeyId, admit: () => undefined};
    return rotateKey({request, module}, this.#parts, isDue);
  }

  async #runOnKeystore(
    descriptor: KeystoreDescriptor,
    operation: OperationBody<'GetImportParametersOperation'>,
    {keystore}: KeystoreCall,
  ): Promise<KeystoreReply> {
    return {body: await descriptor.run(operation, this.#newKeyContext(keystore))};
  }

  #whereKept(
    {kmsModule}: Pick<KeystoreConfig, 'kmsModule'>,
    record: KeyRecord,
  ): Pick<KeyMetadataOptions, 'type' | 'module'> {
    const module = this.#parts.keyModules.get(kmsModule);
    const offered = module && offeredKeyType(module, record.type);
    return offered
      ? {type: offered, module: {kmsModule, extractable: offered.extractable}}
      : {type: keyTypeOf(record), module: {kmsModule}};
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
    const {keys, keyModules, defaults, erasures, now, log} = this.#parts;
    const {keystore, acceptOnce} = call;
    let before: KeyRecord | undefined;
    const record = await changeKey({
      keys,
      request: call,
      change: (found) => {
        before = found;
        return descriptor.apply(found, operation, {defaults, now: now()});
      },
      acceptOnce,
      keystoreSequence: keystore.sequence,
    });
    const findModule = () => keyModules.get(keystore.kmsModule);
    if (before) await eraseDestroyed(before, record, {findModule, erasures, log});
    forgetDisabled(record, findModule());
    const keyDescription = await this.describe(keystore, record, {metadata: true});
    return {keyId: keyUrl(record), keyDescription} as OperationReply<'UpdateKeyOperation'>;
  }

  async #rotateForClient(call: KeyCall): Promise<OperationReply<'RotateKeyOperation'>> {
    const {keyModules, log} = this.#parts;
    const {keystore, acceptOnce} = call;
    const module = findKeyModule(keystore.kmsModule, keyModules);
    const options = {request: call, module, acceptOnce, keystoreSequence: keystore.sequence};
    const record = await rotateKey(options, this.#parts);
    const keyVersion = currentVersion(record).version;
    log.info({key: keyUrl(record), keyVersion}, 'key rotated');
    const keyDescription = await this.describe(keystore, record);
    return {keyDescription, keyVersion} as OperationReply<'RotateKeyOperation'>;
  }
}
