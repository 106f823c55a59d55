import {delegateChain, type Capability} from '../../test/support/delegate.ts';
import {
  RawClient,
  rootCapabilityId,
  signedRequest,
  type ListeningServer,
  type WireRequest,
} from '../../test/support/signed-request.ts';
import type {Controller} from '../../test/support/did-key.ts';
import {at} from '../support/at.ts';
import {holders, OWNER} from './parties.ts';
import {unsigned} from './unsigned.ts';

/** Of each type of keys; as many capabilities of each length are in use at a time. */
const KEYS = 16;
export const ED25519 = 'Ed25519VerificationKey2020';
export const HMAC = 'Sha256HmacKey2019';
export const AES = 'urn:webkms:symmetric:AES-256-GCM';

/** The last of a chain of capabilities, who may invoke it, and on what key. */
export interface Grant {
  readonly capability: Capability;
  readonly invoker: Controller;
  readonly key: string;
}

type Chain = Parameters<typeof delegateChain>[0];

/** A keystore with keys on a server, and capabilities delegated from it. */
export class Scene {
  readonly keystoreId: string;
  readonly #server: ListeningServer;
  readonly #keys = new Map<string, Promise<readonly string[]>>();
  readonly #grants = new Map<number, Promise<readonly Grant[]>>();
  #made = 0;

  private constructor(server: ListeningServer, keystoreId: string) {
    this.#server = server;
    this.keystoreId = keystoreId;
  }

  /** @param baseUrl the server's public origin */
  static async create(server: ListeningServer, baseUrl: string): Promise<Scene> {
    const json = {sequence: 0, controller: OWNER.did};
    const url = `${baseUrl}/kms/keystores`;
    const request = signedRequest({url, json, action: 'write', signer: OWNER});
    return new Scene(server, await located(server, [request]).then((urls) => at(urls, 0)));
  }

  get rootId(): string {
    return rootCapabilityId(this.keystoreId);
  }

  /** URLs; made when they are first asked for. */
  async keys(type: string): Promise<readonly string[]> {
    let keys = this.#keys.get(type);
    if (!keys) {
      const requests = Array.from({length: KEYS}, () => this.generating(type));
      this.#keys.set(type, (keys = located(this.#server, requests)));
    }
    return keys;
  }

  /** Generates a key; new each time. */
  generating(type: string): WireRequest {
    const publicAliasTemplate = `did:example:${++this.#made}#{publicKeyMultibase}`;
    const json = {
      type: 'GenerateKeyOperation',
      invocationTarget: {type, ...(type === ED25519 && {publicAliasTemplate})},
    };
    return signedRequest({url: `${this.keystoreId}/keys`, json, action: 'generateKey', signer: OWNER});
  }

  /** Capabilities to sign of so many delegations, one for each Ed25519 key; the same each time. */
  async grants(delegations: number): Promise<readonly Grant[]> {
    let grants = this.#grants.get(delegations);
    if (!grants) this.#grants.set(delegations, (grants = this.newGrants(delegations, KEYS)));
    return grants;
  }

  /** Capabilities that nobody has seen yet, every link of them; who holds them has been seen. */
  async newGrants(delegations: number, count: number): Promise<readonly Grant[]> {
    return this.#newGrants(delegations, count, async (options) => delegateChain(options));
  }

  /** The same, but that no proof of any link verifies. */
  async unsignedGrants(delegations: number, count: number): Promise<readonly Grant[]> {
    return this.#newGrants(delegations, count, async ({root, holders: [delegator, ...others], ...common}) => {
      const links: Capability[] = [];
      let from = delegator;
      for (const controller of others) {
        if (from)
          links.push(unsigned({...common, parent: links.at(-1) ?? root, delegator: from, controller}));
        from = controller;
      }
      return links;
    });
  }

  async #newGrants(
    delegations: number,
    count: number,
    make: (options: Chain) => Promise<readonly Capability[]>,
  ): Promise<readonly Grant[]> {
    const keys = await this.keys(ED25519);
    const grants: Grant[] = [];
    while (grants.length < count) {
      const line = grants.length % KEYS;
      const [parties, key] = [holders(line, delegations), at(keys, line)];
      const common = {root: this.rootId, invocationTarget: key, allowedAction: 'sign'};
      const links = await make({...common, holders: parties, expires: new Date(Date.now() + 3600_000)});
      grants.push({capability: at(links, -1), invoker: at(parties, -1), key});
    }
    return grants;
  }
}

async function located(
  server: ListeningServer,
  requests: readonly WireRequest[],
): Promise<readonly string[]> {
  const client = new RawClient(server);
  const urls: string[] = [];
  try {
    for (const request of requests) {
      const {status, headers, text} = await client.send(request);
      if (status !== 200 && status !== 201) throw new Error(`Refused with ${status}: ${text}`);
      urls.push(headers['location'] ?? (JSON.parse(text) as {readonly keyId: string}).keyId);
    }
    return urls;
  } finally {
    client.close();
  }
}
