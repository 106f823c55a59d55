import {
  delegateChain,
  draftCapability,
  signCapability,
  type Capability,
  type DelegateOptions,
} from '../../support/delegate.ts';
import {controller, type Controller} from '../../support/did-key.ts';
import {rootCapabilityId, signedRequest, type SignedRequestOptions} from '../../support/signed-request.ts';
import type {WireRequest} from '../../support/wire.ts';

/** Somebody's keystore, and keys in it. */
export interface Property {
  readonly owner: Controller;
  /** URL. */
  readonly keystore: string;
  /** URLs. */
  readonly keys: Readonly<Record<KeyName, string>>;
}

export const KEY_TYPES = {
  ed25519: 'Ed25519VerificationKey2020',
  second: 'Ed25519VerificationKey2020',
  hmac: 'Sha256HmacKey2019',
  kek: 'AesKeyWrappingKey2019',
  x25519: 'X25519KeyAgreementKey2020',
} as const;
export type KeyName = keyof typeof KEY_TYPES;

type Changes = Partial<SignedRequestOptions>;
type ChainOptions = Partial<Parameters<typeof delegateChain>[0]> & {readonly property?: Property};
type RevokeChanges = Changes & {readonly keystore?: string};

/** Two owners' property, and requests about it: each is right, but for what it is told to be otherwise. */
export class Requests {
  readonly alice = controller('alice');
  readonly bob = controller('bob');
  readonly carol = controller('carol');
  /** Controls nothing, and nothing was delegated to them. */
  readonly stranger = controller('stranger');
  /** Where no keystore is. */
  readonly nowhere: string;
  readonly #baseUrl: string;
  #property: Property | undefined;
  #foreign: Property | undefined;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
    this.nowhere = `${baseUrl}/kms/keystores/z1AAAAAAAAAAAAAAAAAAAAAAA`;
  }

  protected own(property: Property, foreign: Property): void {
    this.#property = property;
    this.#foreign = foreign;
  }

  /** What most requests are about. */
  get property(): Property {
    return furnished(this.#property);
  }

  /** Somebody else's. */
  get foreign(): Property {
    return furnished(this.#foreign);
  }

  get owner(): Controller {
    return this.property.owner;
  }

  get keystore(): string {
    return this.property.keystore;
  }

  get keystores(): string {
    return `${this.#baseUrl}/kms/keystores`;
  }

  get keys(): Property['keys'] {
    return this.property.keys;
  }

  /** A request to sign with the owner's key, by its owner. */
  signing({url = this.keys.ed25519, ...changes}: Changes = {}): WireRequest {
    const json = {type: 'SignOperation', invocationTarget: url, verifyData: 'AAAA'};
    return signedRequest({url, json, action: 'sign', signer: this.owner, ...changes});
  }

  /** A request to read the keystore's config, by its owner. */
  reading({url = this.keystore, ...changes}: Changes = {}): WireRequest {
    return signedRequest({url, action: 'read', signer: this.owner, ...changes});
  }

  /** A request to create a keystore for whoever signs it. */
  creating({signer = this.owner, ...changes}: Changes = {}, did = controllerOf(signer)): WireRequest {
    const json = {sequence: 0, controller: did};
    return signedRequest({url: this.keystores, json, action: 'write', signer, ...changes});
  }

  /** A request to replace a keystore's config with another, by the owner. */
  updating(
    config: {readonly id: string; readonly [member: string]: unknown},
    changes: Changes = {},
  ): WireRequest {
    return signedRequest({url: config.id, json: config, action: 'write', signer: this.owner, ...changes});
  }

  /** A request to list what names a controller, by the owner. */
  listing(query: string, {signer = this.owner, ...changes}: Changes = {}): WireRequest {
    return this.reading({
      url: `${this.keystores}${query}`,
      capability: rootCapabilityId(this.keystores),
      signer,
      ...changes,
    });
  }

  /** A request to generate a key in the owner's keystore, by its owner. */
  generating(invocationTarget: unknown = {type: KEY_TYPES.ed25519}, changes: Changes = {}): WireRequest {
    const {url = `${this.keystore}/keys`, signer = this.owner} = changes;
    const json = {type: 'GenerateKeyOperation', invocationTarget};
    return signedRequest({json, action: 'generateKey', ...changes, signer, url});
  }

  /** A request to revoke, by whoever is a controller in the chain: it invokes the root capability of its own URL. */
  revoking(
    capability: Pick<Capability, 'id'>,
    {keystore = this.keystore, ...changes}: RevokeChanges = {},
  ): WireRequest {
    const url = `${keystore}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    const root = rootCapabilityId(changes.url ?? url);
    return signedRequest({
      url,
      json: capability,
      action: 'write',
      signer: this.owner,
      capability: root,
      ...changes,
    });
  }

  /** A chain from the owner's keystore along `holders`, by default to sign with one key; the last link. */
  async chain(
    holders: readonly Controller[],
    {property = this.property, ...options}: ChainOptions = {},
  ): Promise<Capability> {
    const links = await delegateChain({
      root: rootCapabilityId(property.keystore),
      holders: [property.owner, ...holders],
      invocationTarget: property.keys.ed25519,
      allowedAction: ['sign'],
      ...options,
    });
    const last = links.at(-1);
    if (!last) throw new RangeError('A chain is delegated to somebody.');
    return last;
  }

  /** One delegation, by default from the owner's keystore by its owner, to sign with one key. */
  async delegation(
    options: Partial<DelegateOptions> & Pick<DelegateOptions, 'controller'>,
  ): Promise<Capability> {
    const {parent = rootCapabilityId(this.keystore)} = options;
    const own = {invocationTarget: this.keys.ed25519, allowedAction: ['sign']};
    const inherited = typeof parent === 'string' ? own : {};
    return signCapability(draftCapability({delegator: this.owner, ...inherited, ...options, parent}));
  }
}

function furnished<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The scene has no property: call furnish first.');
  return value;
}

function controllerOf({keyId}: Pick<Controller, 'keyId'>): string {
  return keyId.split('#', 1)[0] ?? keyId;
}
