import {listKeysQuery} from '../../../schemas/keys.ts';
import {PayloadTooLargeError, toKmsError} from '../../errors.ts';
import type {KeyRequest} from '../../operations/find-key.ts';
import {readOperationType, validateOperation} from '../../operations/read-operation.ts';
import {MAX_BODY_BYTES} from '../../../schemas/api-contract.ts';
import {createValidator} from '../../validation/create-validator.ts';
import type {KeyManagement} from '../../key-management.ts';
import {SealedError} from '../../sealing/sealing-errors.ts';
import {KmsConnectionError} from '../client-errors.ts';
import type {KmsChannel, WireOperation} from '../kms-channel.ts';

const PAGE_LENGTH = 50;
const parseListQuery = createValidator('listQuery', listKeysQuery);
const accepted = async (): Promise<void> => undefined;

/**
 * A keystore of this process. What goes through is checked as a server checks it, and is JSON as on the wire: neither side has
 * objects of the other. Nothing is signed: whoever opened the store may do with the keystore what its controller may.
 */
export class LocalChannel implements KmsChannel {
  readonly keystoreId: string;
  readonly #management: KeyManagement;
  readonly #close: () => Promise<void>;

  constructor({
    keystoreId,
    management,
    close,
  }: {
    readonly keystoreId: string;
    readonly management: KeyManagement;
    readonly close: () => Promise<void>;
  }) {
    this.keystoreId = keystoreId;
    this.#management = management;
    this.#close = close;
  }

  runOnKeystore(posted: WireOperation): Promise<unknown> {
    return this.#run(async ({keystore}) => {
      const body = asPosted(posted);
      const descriptor = readOperationType(body, 'keystore');
      const operation = validateOperation(descriptor, body);
      const call = {keystore, acceptOnce: accepted};
      return (await this.#management.keyService.runOnKeystore(descriptor, operation, call)).body;
    });
  }

  runOnKey(keyId: string, posted: WireOperation): Promise<unknown> {
    return this.#runOnKey(keyId, async (request) => {
      const body = asPosted(posted);
      const descriptor = readOperationType(body, 'key');
      const operation = validateOperation(descriptor, body);
      return this.#management.keyService.runOnKey(descriptor, operation, {...request, acceptOnce: accepted});
    });
  }

  describeKey(keyId: string): Promise<unknown> {
    return this.#runOnKey(keyId, (request) => this.#management.keyService.read(request, {metadata: true}));
  }

  listKeys(query: {readonly name?: string; readonly cursor?: string}): Promise<unknown> {
    return this.#run(({keystore}) =>
      this.#management.keyService.list(
        {keystore, isVisible: () => true},
        {...parseListQuery(query), limit: PAGE_LENGTH, metadata: true},
      ),
    );
  }

  close(): Promise<void> {
    return this.#close();
  }

  #runOnKey(keyId: string, work: (request: KeyRequest) => Promise<unknown>): Promise<unknown> {
    const localKeyId = keyId.slice(`${this.keystoreId}/keys/`.length);
    // The shortest chain that there is: a controller's own.
    const admit = (): void => undefined;
    return this.#run((state) => work({...state, localKeyId, admit}), {localKeyId});
  }

  async #run(
    work: (state: Pick<KeyRequest, 'keystore' | 'findKey'>) => Promise<unknown>,
    asked: {readonly localKeyId?: string} = {},
  ): Promise<unknown> {
    const {root, requestStores} = this.#management;
    if (root.isSealed()) throw new SealedError();
    try {
      const {keystore, findKey} = await requestStores.state.read({keystoreId: this.keystoreId, ...asked});
      if (!keystore) throw new KmsConnectionError('The keystore is not in the data directory any more.');
      return JSON.parse(JSON.stringify(await work({keystore, findKey}))) as unknown;
    } catch (error) {
      throw error instanceof KmsConnectionError ? error : toKmsError(error);
    }
  }
}

/** What a server would read of it. @throws PayloadTooLargeError where that is more than it reads */
function asPosted(operation: WireOperation): unknown {
  const json = JSON.stringify(operation);
  if (Buffer.byteLength(json) > MAX_BODY_BYTES) {
    throw new PayloadTooLargeError(`The request body must not be larger than ${MAX_BODY_BYTES} bytes.`);
  }
  return JSON.parse(json);
}
