import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {delegate} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {runServerProcess, type TestServer} from '../support/run-server.ts';
import {rootCapabilityId, send, signedRequest, type WireRequest} from '../support/signed-request.ts';
import type {TcpProxy} from '../support/tcp-proxy.ts';
import {Hammer} from './hammer.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const CONNECTIONS_PER_NODE = 3;
/** So short that a deleted key is erased while a test waits. */
const RECOVERY_SECONDS = 2;

/** One store for two server processes. */
export interface SharedStore {
  /** `WEBKMS_STORAGE`. Absent: the first node's own file. */
  readonly url?: string;
  /** The way of the second node to it. */
  readonly proxy?: TcpProxy;
  close(): Promise<void>;
}

export interface TwoNodesOptions {
  readonly name: string;
  /** A new and empty store. */
  readonly open: () => Promise<SharedStore>;
  /** Milliseconds that the second node's messages to and from the store take, in a second part. Absent: there are no messages */
  readonly delayMs?: number;
}

/** What a change takes away: a request that was accepted, and is not any more once the change was answered. */
interface Round {
  readonly request: WireRequest;
  readonly change: WireRequest;
  /** What is said then. */
  readonly refusal: number;
  /** Leads further in the same direction; what was refused stays refused. */
  readonly end?: () => Promise<unknown>;
}

type Prepare = (nodes: Nodes) => Promise<Round>;

/** Two server processes over one store, under one public origin. */
class Nodes {
  readonly both: readonly [TestServer, TestServer];
  readonly hammer: Hammer;
  readonly #store: SharedStore;

  private constructor(both: readonly [TestServer, TestServer], store: SharedStore) {
    this.both = both;
    this.hammer = new Hammer(both, CONNECTIONS_PER_NODE);
    this.#store = store;
  }

  static async start(store: SharedStore): Promise<Nodes> {
    const {url, proxy} = store;
    const common = {WEBKMS_KEY_MIN_RECOVERY_WINDOW: `${RECOVERY_SECONDS}s`};
    await using starting = new AsyncDisposableStack();
    starting.defer(() => store.close());
    const first = await runServerProcess({
      environment: {...common, ...(url !== undefined && {WEBKMS_STORAGE: url})},
    });
    starting.defer(() => first.stop());
    const shared = url === undefined ? `sqlite:${first.dataDir}/webkms.db` : (proxy?.urlOf(url) ?? url);
    const second = await runServerProcess({
      environment: {
        ...common,
        WEBKMS_BASE_URL: first.baseUrl,
        WEBKMS_STORAGE: shared,
        WEBKMS_ROOT_WRAPPER: `file:${first.dataDir}/root.key`,
      },
    });
    starting.move();
    return new Nodes([first, second], store);
  }

  delay(ms: number): void {
    if (this.#store.proxy) this.#store.proxy.delayMs = ms;
  }

  /** @returns what it answered, which is that it was done. */
  async done(request: WireRequest, node = 0): Promise<unknown> {
    const {status, text, json} = await send(this.both[node === 0 ? 0 : 1], request);
    expect(status, text).to.be.within(200, 299);
    return json;
  }

  async createKeystore(owner: Controller): Promise<string> {
    const url = `${this.both[0].baseUrl}/kms/keystores`;
    const json = {sequence: 0, controller: owner.did};
    const request = {url, json, action: 'write', capability: rootCapabilityId(url), signer: owner};
    return ((await this.done(signedRequest(request))) as {id: string}).id;
  }

  async generateKey(keystore: string, owner: Controller, type: string): Promise<string> {
    const json = {type: 'GenerateKeyOperation', invocationTarget: {type}};
    const request = {url: `${keystore}/keys`, json, action: 'generateKey', signer: owner};
    return ((await this.done(signedRequest(request))) as {keyId: string}).keyId;
  }

  /** Waits until nothing is left of a deleted key: servers look for such once in a while. */
  async erased(key: string): Promise<void> {
    const reading = signedRequest({url: key, action: 'read', signer: alice});
    while ((await send(this.both[0], reading)).status !== 404) await sleep(200);
  }

  async stop(): Promise<void> {
    this.hammer.close();
    this.delay(0);
    await this.both[1].stop();
    await this.both[0].stop();
    await this.#store.close();
  }
}

function operation(key: string, type: string, signer: Controller, members: object = {}): WireRequest {
  const action = type.replace('Operation', '').replace(/^./, (letter) => letter.toLowerCase());
  return signedRequest({url: key, json: {type, invocationTarget: key, ...members}, action, signer});
}

const ED25519 = 'Ed25519VerificationKey2020';
const [alice, bob] = [controller('alice'), controller('bob')];
const signing = (key: string): WireRequest => operation(key, 'SignOperation', alice, {verifyData: 'AAAA'});

async function acquire(nodes: Nodes, type = ED25519): Promise<{keystore: string; key: string}> {
  const keystore = await nodes.createKeystore(alice);
  return {keystore, key: await nodes.generateKey(keystore, alice, type)};
}

const CHANGES: Readonly<Record<string, Prepare>> = {
  'a capability that is revoked': async (nodes) => {
    const {keystore, key} = await acquire(nodes);
    const parent = rootCapabilityId(keystore);
    const capability = await delegate({
      ...{parent, delegator: alice, controller: bob, invocationTarget: key, allowedAction: ['sign']},
    });
    const json = {type: 'SignOperation', invocationTarget: key, verifyData: 'AAAA'};
    const url = `${keystore}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    const revoking = {
      url,
      json: capability,
      action: 'write',
      capability: rootCapabilityId(url),
      signer: alice,
    };
    return {
      request: signedRequest({url: key, json, action: 'sign', signer: bob, capability}),
      change: signedRequest(revoking),
      refusal: 403,
    };
  },
  'the controller of a keystore that is transferred': async (nodes) => {
    const {keystore, key} = await acquire(nodes);
    const json = {id: keystore, sequence: 1, controller: bob.did};
    const change = signedRequest({url: keystore, json, action: 'write', signer: alice});
    return {request: signing(key), change, refusal: 403};
  },
  'a key that is disabled': async (nodes) => {
    const {key} = await acquire(nodes);
    return {request: signing(key), change: operation(key, 'DisableKeyOperation', alice), refusal: 409};
  },
  'a version of a key that is disabled, and then destroyed': async (nodes) => {
    const {key} = await acquire(nodes, 'urn:webkms:symmetric:AES-256-GCM');
    const encrypting = operation(key, 'EncryptOperation', alice, {plaintext: 'AAAA'});
    const {ciphertext} = (await nodes.done(encrypting)) as {ciphertext: unknown};
    await nodes.done(operation(key, 'RotateKeyOperation', alice));
    return {
      request: operation(key, 'DecryptOperation', alice, {ciphertext}),
      change: operation(key, 'DisableKeyOperation', alice, {keyVersion: 1}),
      refusal: 409,
      end: () => nodes.done(operation(key, 'DeleteKeyOperation', alice, {keyVersion: 1})),
    };
  },
  'a key that is deleted': async (nodes) => {
    const {key} = await acquire(nodes);
    const change = operation(key, 'DeleteKeyOperation', alice, {recoveryWindowSeconds: RECOVERY_SECONDS});
    return {request: signing(key), change, refusal: 409, ...(LONG && {end: () => nodes.erased(key)})};
  },
};

/** Whatever one of two processes answered, none of them forgets; by a clock that both do not have: their client's. */
export function describeTwoNodes({name, open, delayMs}: TwoNodesOptions): void {
  describe(`two nodes over one store: ${name}`, function () {
    this.timeout(LONG ? 3_600_000 : 180_000);
    let started: Nodes | undefined;
    before(async () => {
      started = await Nodes.start(await open());
    });
    after(() => started?.stop());

    async function play(prepare: Prepare, rounds: number, delay: number): Promise<void> {
      const nodes = started;
      if (!nodes) throw new Error('There are no nodes.');
      const [accepted, inFlight, refused] = [
        [0, 0],
        [0, 0],
        [0, 0],
      ] as [number[], number[], number[]];
      const ends: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        nodes.delay(0);
        const played = await prepare(nodes);
        const {request, change, refusal} = played;
        ends.push(played);
        nodes.delay(delay);
        // By one node and by the other.
        const seen = await nodes.hammer.seeChange(request, async () => {
          await nodes.done(change, round % 2);
        });
        const title = `round ${round + 1}`;
        expect(seen.acceptedAfter, title).to.deep.equal([]);
        expect([...seen.statusesAfter], title).to.deep.equal([refusal]);
        for (const node of [0, 1]) {
          expect(seen.acceptedBefore[node], `${title}: accepted before`).to.be.greaterThan(0);
          expect(seen.inFlight[node], `${title}: in flight`).to.be.greaterThan(0);
          expect(seen.sentAfter[node], `${title}: sent after`).to.be.greaterThan(0);
          accepted[node]! += seen.acceptedBefore[node]!;
          inFlight[node]! += seen.inFlight[node]!;
          refused[node]! += seen.sentAfter[node]!;
        }
      }
      nodes.delay(0);
      for (const {request, refusal, end} of ends) {
        await end?.();
        for (const node of nodes.both) expect((await send(node, request)).status).to.equal(refusal);
      }
      console.log(
        `    ${rounds} rounds; by node: accepted before ${accepted.join(' + ')}, in flight ${inFlight.join(' + ')}, ` +
          `refused after ${refused.join(' + ')}, accepted after 0`,
      );
    }

    for (const [what, prepare] of Object.entries(CHANGES)) {
      const rounds = LONG ? 200 : 10;
      it(`${what}: nothing is accepted by either after the answer, in ${rounds} rounds`, () =>
        play(prepare, rounds, 0));
    }

    if (delayMs === undefined) return;
    for (const [what, prepare] of Object.entries(CHANGES)) {
      const rounds = LONG ? 40 : 2;
      it(`${what}: nor where the store is ${delayMs} ms away from one, in ${rounds} rounds`, () =>
        play(prepare, rounds, delayMs));
    }
  });
}
