import {expect} from 'chai';
import {delegate} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId, send, signedRequest, type WireRequest} from '../support/signed-request.ts';
import {Hammer, type Seen} from './hammer.ts';
import {Nodes, RECOVERY_SECONDS, type SharedStore} from './two-nodes.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';

export interface TwoNodesOptions {
  readonly name: string;
  /** A new and empty store. */
  readonly open: () => Promise<SharedStore>;
  /** Milliseconds that the second node's messages to and from the store take, in a second part. Absent: there are no messages */
  readonly delayMs?: number;
  /** Settings of both. */
  readonly environment?: Readonly<Record<string, string>>;
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
    return {request: signing(key), change, refusal: 409, ...(LONG && {end: () => nodes.erased(key, alice)})};
  },
};

interface Course {
  /** Milliseconds, each way. */
  readonly delay: number;
  /** Rounds that are played beside each other, each with a keystore and connections of its own. */
  readonly atOnce: number;
  /** Of one round to each node. */
  readonly connections: number;
}

const NEAR: Course = {delay: 0, atOnce: 1, connections: 3};
/** It is the far store that is waited for, most of the time. */
const FAR = {atOnce: 16, connections: 2} as const;

/** What was seen in all rounds, by node. */
class Totals {
  rounds = 0;
  readonly #accepted = [0, 0];
  readonly #inFlight = [0, 0];
  readonly #refused = [0, 0];

  add({acceptedBefore, inFlight, sentAfter, acceptedAfter, statusesAfter}: Seen, refusal: number): void {
    const title = `round ${++this.rounds}`;
    expect(acceptedAfter, title).to.deep.equal([]);
    expect([...statusesAfter], title).to.deep.equal([refusal]);
    for (const node of [0, 1]) {
      expect(acceptedBefore[node], `${title}: accepted before`).to.be.greaterThan(0);
      expect(inFlight[node], `${title}: in flight`).to.be.greaterThan(0);
      expect(sentAfter[node], `${title}: sent after`).to.be.greaterThan(0);
      this.#accepted[node]! += acceptedBefore[node]!;
      this.#inFlight[node]! += inFlight[node]!;
      this.#refused[node]! += sentAfter[node]!;
    }
  }

  toString(): string {
    const [accepted, inFlight, refused] = [this.#accepted, this.#inFlight, this.#refused].map((each) =>
      each.join(' + '),
    );
    return `accepted before ${accepted}, in flight ${inFlight}, refused after ${refused}, accepted after 0`;
  }
}

/** A round for each of `hammers`. */
async function playAtOnce(
  nodes: Nodes,
  prepare: Prepare,
  {delay, connections, hammers}: Course & {readonly hammers: readonly Hammer[]},
  totals: Totals,
): Promise<readonly Round[]> {
  nodes.delay(0);
  const rounds = await Promise.all(hammers.map(() => prepare(nodes)));
  if (delay > 0) {
    await nodes.connect(rounds.flatMap(({request}) => Array.from({length: connections}, () => request)));
  }
  nodes.delay(delay);
  const seen = await Promise.allSettled(
    rounds.map(async ({request, change}, index) =>
      hammers[index]!.seeChange(request, async () => {
        // By one node and by the other.
        await nodes.done(change, (totals.rounds + index) % 2);
      }),
    ),
  );
  for (const [index, outcome] of seen.entries()) {
    if (outcome.status === 'rejected') throw outcome.reason;
    totals.add(outcome.value, rounds[index]!.refusal);
  }
  return rounds;
}

/** Whatever one of two processes answered, none of them forgets; by a clock that both do not have: their client's. */
export function describeTwoNodes({name, open, delayMs, environment}: TwoNodesOptions): void {
  describe(`two nodes over one store: ${name}`, function () {
    this.timeout(LONG ? 3_600_000 : 180_000);
    let started: Nodes | undefined;
    before(async () => {
      started = await Nodes.start(await open(), environment);
    });
    after(() => started?.stop());

    async function play(prepare: Prepare, rounds: number, course: Course): Promise<void> {
      const nodes = started;
      if (!nodes) throw new Error('There are no nodes.');
      const totals = new Totals();
      const ends: Round[] = [];
      const hammers = Array.from(
        {length: Math.min(course.atOnce, rounds)},
        () => new Hammer(nodes.both, course.connections),
      );
      try {
        while (ends.length < rounds) {
          const count = Math.min(hammers.length, rounds - ends.length);
          ends.push(
            ...(await playAtOnce(nodes, prepare, {...course, hammers: hammers.slice(0, count)}, totals)),
          );
        }
      } finally {
        for (const hammer of hammers) hammer.close();
        nodes.delay(0);
      }
      for (const {request, refusal, end} of ends) {
        await end?.();
        for (const node of nodes.both) expect((await send(node, request)).status).to.equal(refusal);
      }
      console.log(`    ${rounds} rounds; by node: ${totals.toString()}`);
    }

    for (const [what, prepare] of Object.entries(CHANGES)) {
      const rounds = LONG ? 200 : 10;
      it(`${what}: nothing is accepted by either after the answer, in ${rounds} rounds`, () =>
        play(prepare, rounds, NEAR));
    }

    if (delayMs === undefined) return;
    for (const [what, prepare] of Object.entries(CHANGES)) {
      const rounds = LONG ? 200 : 2;
      it(`${what}: nor where the store is ${delayMs} ms away from one, in ${rounds} rounds`, () =>
        play(prepare, rounds, {...FAR, delay: delayMs}));
    }
  });
}
