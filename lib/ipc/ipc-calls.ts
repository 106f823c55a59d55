import {listKeysQuery} from '../../schemas/keys.ts';
import type {IpcClient} from '../admin/ipc-client.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {
  MalformedRequestError,
  NotAllowedError,
  PayloadTooLargeError,
  toKmsError,
  type KmsError,
} from '../errors.ts';
import {MAX_BODY_BYTES} from '../../schemas/api-contract.ts';
import type {KeyDescription} from '../keys/key-description.ts';
import {admitChain, isChainAllowed} from '../operations/admit-chain.ts';
import type {AuthorizedFacts} from '../operations/authorized-facts.ts';
import type {RequestKeyService} from '../operations/key-service.ts';
import {readOperationType, validateOperation} from '../operations/read-operation.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {RequestStateStore, RequestState} from '../storage/state-store.ts';
import {createValidator} from '../validation/create-validator.ts';
import {MAX_CAPABILITY_DEPTH} from '../zcap/limits.ts';
import {assertSourceAddress} from '../zcap/source-address.ts';
import type {BuildManifest} from './build-manifest.ts';
import type {Admitted} from './ipc-admission.ts';
import type {Asked, RecordCall} from './ipc-log.ts';
import type {IpcListQuery, IpcService} from './ipc-methods.ts';

/** What the calls of clients go to. */
export interface IpcKeys {
  readonly state: RequestStateStore;
  readonly keyService: RequestKeyService;
  /** @throws SealedError, UnavailableError where no request can be served now */
  readonly assertUsable: () => void;
  /** @throws RateLimitError for a client (a DID) that asks too much */
  readonly limitInvoker: (did: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The connection that the calls come over. */
export interface IpcSession extends Admitted {
  /** @throws NotAllowedError where it has ended, e.g. because the client was removed */
  readonly assertOpen: () => void;
  readonly record: RecordCall;
}

const NO_REVOCATIONS: BuildManifest['revocations'] = [];
const PAGE_LENGTH = 50;
const MAX_LOCAL_ID = 64;
/** Who comes by the socket is on this host. */
const THIS_HOST = '127.0.0.1';
const parseListQuery = createValidator('listQuery', listKeysQuery);
/** What is said on a connection was not said before. */
const acceptOnce = async (): Promise<void> => undefined;

/**
 * What a client that has proven who it is can do: as the endpoints over HTTP do it, with what it was given in place of a capability. The
 * order of the lines is the security argument: what it may, whether it asks too much, then the state, then the operation.
 */
export class IpcCalls implements IpcService {
  readonly #session: IpcSession;
  readonly #client: IpcClient;
  readonly #keys: IpcKeys;

  constructor(session: IpcSession, keys: IpcKeys) {
    this.#session = session;
    this.#client = session.client;
    this.#keys = keys;
  }

  runOnKeystore(posted: Uint8Array): Promise<Uint8Array> {
    return this.#recorded(async (asked) => {
      const body = readBody(posted);
      const descriptor = readOperationType(body, 'keystore');
      const facts = await this.#authorize(asked, descriptor.action);
      const operation = validateOperation(descriptor, body);
      const {keystore} = await this.#read();
      const call = {keystore, acceptOnce, facts};
      return (await this.#keys.keyService.runOnKeystore(descriptor, operation, call)).body;
    });
  }

  runOnKey(keyId: string, posted: Uint8Array): Promise<Uint8Array> {
    return this.#recorded((asked) => this.#runOnKey(asked, keyId, posted));
  }

  describeKey(keyId: string): Promise<Uint8Array> {
    return this.#recorded(async (asked) => {
      const localKeyId = this.#localKeyId(keyId);
      const facts = await this.#authorize(asked, 'read', localKeyId);
      const {keystore, findKey} = await this.#read(localKeyId);
      const request = {keystore, localKeyId, findKey, admit: admitChain(facts), facts};
      return this.#keys.keyService.read(request, {metadata: true});
    });
  }

  /** Of a client that has some keys only, of these. */
  listKeys(query: IpcListQuery): Promise<Uint8Array> {
    return this.#recorded((asked) => this.#listKeys(asked, query));
  }

  async #runOnKey(asked: Asked, keyId: string, posted: Uint8Array): Promise<object> {
    const body = readBody(posted);
    const descriptor = readOperationType(body, 'key');
    const localKeyId = this.#localKeyId(keyId);
    const facts = await this.#authorize(asked, descriptor.action, localKeyId);
    const operation = validateOperation(descriptor, body);
    if (operation.invocationTarget !== keyId)
      throw new MalformedRequestError(
        'The "invocationTarget" of the operation is not the key it was sent to.',
      );
    const {keystore, findKey} = await this.#read(localKeyId);
    return this.#keys.keyService.runOnKey(descriptor, operation, {
      ...{keystore, localKeyId, findKey, facts, acceptOnce},
      admit: admitChain(facts),
      goOn: async () => {
        this.#assertAllowed(descriptor.action, keyId);
        await this.#read();
      },
    });
  }

  async #listKeys(asked: Asked, given: IpcListQuery): Promise<object> {
    const {keys} = this.#client;
    const query = parseListQuery(given);
    const facts = await this.#authorize(asked, 'read', undefined, {lists: true});
    const {keystore} = await this.#read();
    const isVisible = (record: Parameters<typeof isChainAllowed>[0]): boolean =>
      isChainAllowed(record, facts);
    const page = await this.#keys.keyService.list(
      {keystore, isVisible, facts},
      {...query, limit: PAGE_LENGTH, metadata: true},
    );
    if (!keys) return page;
    const own = new Set(keys.map((localKeyId) => this.#keyUrl(localKeyId)));
    const isOwn = ({metadata}: KeyDescription): boolean => metadata !== undefined && own.has(metadata.keyId);
    return {...page, results: page.results.filter(isOwn)};
  }

  /** One line in the log, and one count, for each call. */
  async #recorded(work: (asked: Asked) => Promise<object>): Promise<Uint8Array> {
    const {client, manifest, record} = this.#session;
    const asked: Asked = {};
    const startedAt = performance.now();
    const ended = (error?: KmsError): void =>
      record({client, manifest, asked, seconds: (performance.now() - startedAt) / 1000, error});
    try {
      const reply = written(await work(asked));
      ended();
      return reply;
    } catch (error) {
      const known = toKmsError(error);
      ended(known);
      throw known;
    }
  }

  async #authorize(
    asked: Asked,
    action: string,
    localKeyId?: string,
    {lists = false}: {readonly lists?: boolean} = {},
  ): Promise<AuthorizedFacts> {
    asked.action = action;
    asked.key = localKeyId;
    const {keys, actions, keystoreId, did} = this.#client;
    await this.#keys.limitInvoker(did);
    if (actions && !actions.includes(action)) throw refused(`The client may not do that: ${action}`);
    if (keys && !lists && (localKeyId === undefined || !keys.includes(localKeyId)))
      throw refused('The client may not use that.');
    this.#assertAllowed(action, localKeyId === undefined ? `${keystoreId}/keys` : this.#keyUrl(localKeyId));
    // The keystore's root, what the client was given; and between them what its build key says.
    return {action, chainLength: this.#session.manifest ? 3 : 2};
  }

  /** What can end while the connection is there. */
  #assertAllowed(action: string, url: string): void {
    this.#session.assertOpen();
    this.#session.manifest?.assertAllows({action, url}, this.#keys.now());
  }

  async #read(localKeyId?: string): Promise<RequestState & {readonly keystore: KeystoreConfig}> {
    this.#keys.assertUsable();
    const {keystoreId} = this.#client;
    const revocations = this.#session.manifest?.revocations ?? NO_REVOCATIONS;
    const state = await this.#keys.state.read({keystoreId, localKeyId, revocations});
    const {keystore, isAnyRevoked} = state;
    if (!keystore) throw refused('The keystore is not there any more.');
    // R41: on every route. Who may revoke it by HTTP is a controller of the keystore, or its build key where that is one.
    if (isAnyRevoked) throw new NotAllowedError('revoked', 'The manifest of the build has been revoked.');
    assertSourceAddress(THIS_HOST, keystore.ipAllowList);
    return {...state, keystore};
  }

  #localKeyId(keyId: string): string {
    const prefix = this.#keyUrl('');
    if (!keyId.startsWith(prefix) || keyId.length > prefix.length + MAX_LOCAL_ID)
      throw refused('The client may not use that.');
    return keyId.slice(prefix.length);
  }

  #keyUrl(localKeyId: string): string {
    return `${this.#client.keystoreId}/keys/${localKeyId}`;
  }
}

function readBody(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BODY_BYTES)
    throw new PayloadTooLargeError(`The request body must not be larger than ${MAX_BODY_BYTES} bytes.`);
  return parseStrictJson(bytes, {maxDepth: MAX_CAPABILITY_DEPTH});
}

function written(reply: object): Uint8Array {
  return Buffer.from(JSON.stringify(reply));
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('ipc-client', message);
}
