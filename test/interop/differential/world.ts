import {controller, type Controller} from '../../support/did-key.ts';
import type {Random} from '../../support/random.ts';
import {signedRequest, type SignedRequestOptions} from '../../support/signed-request.ts';
import type {ReferenceKeystore} from '../reference/state.ts';
import {makeGrant, type Grant} from './grant.ts';
import {Lane, type Servers} from './servers.ts';

/** What the actions of a key can be. */
export const KEY_ACTIONS = ['sign', 'verify', 'wrapKey', 'unwrapKey', 'deriveSecret', 'read'] as const;

const KEY_TYPES = {
  ed25519: 'Ed25519VerificationKey2020',
  hmac: 'Sha256HmacKey2019',
  kek: 'AesKeyWrappingKey2019',
  x25519: 'X25519KeyAgreementKey2020',
} as const;

export type KeyName = keyof typeof KEY_TYPES;

/** Somebody's keystore with one key of each type. */
export interface Property {
  readonly owner: Controller;
  readonly keystore: string;
  readonly keys: Readonly<Record<KeyName, string>>;
}

/** Longest chains are dear: few of them are made, and used often. */
export const DEPTHS = [1, 2, 3, 9] as const;

/**
 * Keystores and keys that both servers know under the same ids, and capabilities for them: all that requests are made
 * of. Whatever a request may change is made anew for it.
 */
export class World {
  readonly baseUrl: string;
  readonly host: string;
  readonly stranger = controller('stranger');
  /** To whom things are delegated. */
  readonly parties: readonly Controller[] = Array.from({length: 10}, (_, index) =>
    controller(`party ${index}`),
  );
  readonly #servers: Servers;
  readonly #lane: Lane;
  readonly #grants = new Map<string, Promise<Grant>>();
  #property: Property | undefined;
  #foreign: Property | undefined;
  #limited: Readonly<Record<1 | 2 | 3, string>> | undefined;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#lane = new Lane(servers);
    this.baseUrl = servers.baseUrl;
    this.host = servers.host;
  }

  async open(): Promise<void> {
    this.#property = await this.#acquire(controller('owner'));
    this.#foreign = await this.#acquire(controller('other owner'));
    const limited = async (maxCapabilityChainLength: number): Promise<string> =>
      this.freshKey(this.property, 'ed25519', {maxCapabilityChainLength});
    this.#limited = {1: await limited(1), 2: await limited(2), 3: await limited(3)};
  }

  close(): void {
    this.#lane.close();
  }

  get keystores(): string {
    return `${this.baseUrl}/kms/keystores`;
  }

  /** What most requests are about. */
  get property(): Property {
    return opened(this.#property);
  }

  /** Somebody else's. */
  get foreign(): Property {
    return opened(this.#foreign);
  }

  /** Keys of the property that allow chains of at most that length. */
  get limited(): Readonly<Record<1 | 2 | 3, string>> {
    return opened(this.#limited);
  }

  /** A grant of `depth` delegations from the property's owner, for one of its keys or (undefined) all of the keystore. */
  async grant(key: KeyName | undefined, depth: number): Promise<Grant> {
    const name = `${key ?? 'keystore'} ${depth}`;
    let grant = this.#grants.get(name);
    if (!grant) {
      const {owner, keystore, keys} = this.property;
      const actions = key ? KEY_ACTIONS : ['read', 'write', 'generateKey', ...KEY_ACTIONS.slice(0, -1)];
      const holders = [owner, ...this.parties.slice(0, depth)];
      grant = makeGrant({rootTarget: keystore, target: key ? keys[key] : keystore, actions, holders});
      this.#grants.set(name, grant);
    }
    return grant;
  }

  /** A grant from a keystore's owner that no other attempt knows, so that it can be revoked. */
  async freshGrant({owner, keystore, keys}: Property, depth: number, random: Random): Promise<Grant> {
    const holders = [
      owner,
      ...Array.from({length: depth}, (_, index) => this.parties[(index + random.below(9)) % 9]!),
    ];
    return makeGrant({rootTarget: keystore, target: keys.ed25519, actions: KEY_ACTIONS, holders});
  }

  /** A keystore that no other attempt knows. */
  async freshKeystore(
    owner: Controller,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<ReferenceKeystore> {
    const json = {sequence: 0, controller: owner.did, ...config};
    const created = (await this.#accept({
      url: this.keystores,
      json,
      action: 'write',
      signer: owner,
    })) as ReferenceKeystore;
    this.#servers.reference.state.putKeystore(created);
    return created;
  }

  /** Makes a key on our server, and one under the same id on the reference. */
  async freshKey(
    {owner, keystore}: Pick<Property, 'owner' | 'keystore'>,
    name: KeyName,
    options: {readonly maxCapabilityChainLength?: number} = {},
  ): Promise<string> {
    const type = KEY_TYPES[name];
    const json = {type: 'GenerateKeyOperation', invocationTarget: {type, ...options}};
    const {keyId} = (await this.#accept({
      url: `${keystore}/keys`,
      json,
      action: 'generateKey',
      signer: owner,
    })) as {
      keyId: string;
    };
    await this.#servers.reference.keys.put({id: keyId, controller: owner.did, type, ...options});
    return keyId;
  }

  async #acquire(owner: Controller): Promise<Property> {
    const {id: keystore} = await this.freshKeystore(owner);
    const fresh = async (name: KeyName): Promise<string> => this.freshKey({owner, keystore}, name);
    const keys = {
      ed25519: await fresh('ed25519'),
      hmac: await fresh('hmac'),
      kek: await fresh('kek'),
      x25519: await fresh('x25519'),
    };
    return {owner, keystore, keys};
  }

  async #accept(options: SignedRequestOptions): Promise<unknown> {
    const response = await this.#lane.sendToOurs(signedRequest(options));
    if (response.status >= 300)
      throw new Error(`${options.action} of a fixture: ${response.status} ${response.text}`);
    return response.json;
  }
}

function opened<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The world is not open yet.');
  return value;
}
