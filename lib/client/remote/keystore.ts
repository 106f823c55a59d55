import {UnexpectedReplyError} from '../client-errors.ts';
import {Reply} from '../reply.ts';
import {type Capability, didOf, rootCapability, type RequestSigner} from './capability.ts';
import {parseKeystoreId} from './keystore-url.ts';
import type {SignedClient} from './signed-client.ts';

/** A keystore, as its controllers see it. */
export interface KeystoreInfo {
  /** URL. */
  readonly id: string;
  /** 0 when created; each update adds one. */
  readonly sequence: number;
  /** The DIDs that control it. */
  readonly controllers: readonly string[];
  readonly kmsModule: string;
  readonly ipAllowList?: readonly string[];
}

export interface NewKeystoreOptions {
  /** Default: the DID of the signer. */
  readonly controllers?: readonly string[];
  readonly kmsModule?: string;
  readonly ipAllowList?: readonly string[];
}

/** What was revoked in a keystore. */
export interface RevocationInfo {
  /** Of the capability. */
  readonly id: string;
  /** DIDs. */
  readonly delegator: string;
  readonly revoker: string;
  /** XSD date-times: until when the capability would have been good, and since when it is not. */
  readonly expires: string;
  readonly revoked: string;
}

/** Requests about a keystore, not about its keys. */
export class KeystoreRequests {
  readonly #client: SignedClient;

  constructor(client: SignedClient) {
    this.#client = client;
  }

  async create(
    origin: string,
    signer: RequestSigner,
    {controllers = [didOf(signer)], ...options}: NewKeystoreOptions,
  ): Promise<KeystoreInfo> {
    const url = `${origin}/kms/keystores`;
    const json = {sequence: 0, controller: toWire(controllers), ...options};
    const reply = await this.#client.call({
      ...{method: 'POST', url, action: 'write', root: url, json},
      capability: rootCapability(url),
    });
    const keystore = readKeystore(reply);
    // The URL that all else will be signed for.
    if (parseKeystoreId(keystore.id).startsWith(`${url}/`)) return keystore;
    throw new UnexpectedReplyError('the new keystore is somewhere else.');
  }

  async get(keystoreId: string): Promise<KeystoreInfo> {
    const call = {method: 'GET', url: keystoreId, action: 'read', root: keystoreId} as const;
    return assertIsKeystore(readKeystore(await this.#client.call(call)), keystoreId);
  }

  /** @param change each member replaces what was there */
  async update(
    keystoreId: string,
    change: {readonly controllers?: readonly string[]; readonly ipAllowList?: readonly string[] | null},
  ): Promise<KeystoreInfo> {
    const {controllers, ipAllowList, sequence} = await this.get(keystoreId);
    const allowList = change.ipAllowList === undefined ? ipAllowList : (change.ipAllowList ?? undefined);
    const json = {
      id: keystoreId,
      sequence: sequence + 1,
      controller: toWire(change.controllers ?? controllers),
      ...(allowList && {ipAllowList: allowList}),
    };
    const reply = await this.#client.call({
      ...{method: 'POST', url: keystoreId, action: 'write', root: keystoreId, json},
    });
    return assertIsKeystore(readKeystore(new Reply(reply, 'it').plainObject('config')), keystoreId);
  }

  async revoke(keystoreId: string, capability: Capability): Promise<void> {
    const url = `${keystoreId}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    await this.#client.call({
      ...{method: 'POST', url, action: 'write', json: capability},
      ...{root: url, capability: rootCapability(url)},
    });
  }

  async *revocations(keystoreId: string): AsyncGenerator<RevocationInfo, void, undefined> {
    let query = '';
    const seen = new Set<string>();
    for (;;) {
      const url = `${keystoreId}/zcaps/revocations${query}`;
      const call = {method: 'GET', url, action: 'read', root: keystoreId} as const;
      const page = new Reply(await this.#client.call(call), 'the list of revocations');
      yield* page.list('results', readRevocation);
      const cursor = page.optionalText('cursor');
      if (cursor === undefined) return;
      if (seen.size === seen.add(cursor).size) throw new UnexpectedReplyError('the list goes in a circle.');
      query = `?${new URLSearchParams({cursor}).toString()}`;
    }
  }
}

/** One DID is written as such, as other clients do. */
function toWire(controllers: readonly string[]): string | readonly string[] {
  const [controller] = controllers;
  return controllers.length === 1 && controller !== undefined ? controller : controllers;
}

function readKeystore(value: unknown): KeystoreInfo {
  const keystore = new Reply(value, 'the keystore');
  return {
    id: keystore.text('id'),
    sequence: keystore.count('sequence'),
    controllers: keystore.isList('controller') ? keystore.texts('controller') : [keystore.text('controller')],
    kmsModule: keystore.text('kmsModule'),
    ...(keystore.has('ipAllowList') && {ipAllowList: keystore.texts('ipAllowList')}),
  };
}

function assertIsKeystore(keystore: KeystoreInfo, keystoreId: string): KeystoreInfo {
  if (keystore.id === keystoreId) return keystore;
  throw new UnexpectedReplyError('it is about another keystore.');
}

function readRevocation(value: unknown, what: string): RevocationInfo {
  const revocation = new Reply(value, what);
  return {
    id: revocation.text('id'),
    delegator: revocation.text('delegator'),
    revoker: revocation.text('revoker'),
    expires: revocation.text('expires'),
    revoked: revocation.text('revoked'),
  };
}
