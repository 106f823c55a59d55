import {createHash} from 'node:crypto';
import {expect} from 'chai';
import {NotAllowedError, RateLimitError} from '../../lib/errors.ts';
import {ColdWork} from '../../lib/zcap/cold-work.ts';
import {createDidResolver} from '../../lib/zcap/did/did-resolver.ts';
import type {Envelope} from '../../lib/zcap/envelope.ts';
import type {AuthorizationState, StateQuery} from '../../lib/zcap/invocation.ts';
import {readEnvelope} from '../../lib/zcap/read-envelope.ts';
import {ZcapAuthorizer} from '../../lib/zcap/zcap-authorizer.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {delegate, type Capability} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {signRequest} from '../../examples/signed-request.ts';

const HOST = 'kms.example';
const KEYSTORE = `https://${HOST}/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz`;
const KEY = `${KEYSTORE}/keys/z1A183TU3LZPM9mAF6Hx6TGJb`;
const ROOT = `urn:zcap:root:${encodeURIComponent(KEYSTORE)}`;

const seed = (name: string): Buffer => createHash('sha256').update(`authorizer turns: ${name}`).digest();
const [alice, bob] = [controller(seed('alice')), controller(seed('bob'))];
const later = (): Promise<void> => new Promise(setImmediate);

/** What was never seen before waits for its invoker's turn; everything else does not. */
describe('ZcapAuthorizer and turns', () => {
  let due: (() => void)[];
  let queries: StateQuery[];
  let isKnown: boolean[];
  let one: ZcapAuthorizer;

  beforeEach(() => {
    due = [];
    queries = [];
    isKnown = [];
    one = new ZcapAuthorizer({
      resolver: createDidResolver(),
      replays: {remember: async () => true, deleteExpired: async () => 0},
      limitInvoker: async () => undefined,
      maxDelegationTtlMs: 90 * 24 * 3600 * 1000,
      coldWork: new ColdWork({maxPerInvoker: 2, defer: (turn) => void due.push(turn)}),
      onCache: (hit) => isKnown.push(hit),
    });
  });

  async function readState(query: StateQuery): Promise<AuthorizationState> {
    queries.push(query);
    return {
      roots: [{invocationTarget: KEYSTORE, controllers: [alice.did], delegable: true}],
      keystore: {id: KEYSTORE, sequence: 0, controller: alice.did, kmsModule: 'software'},
      isAnyRevoked: false,
    };
  }

  function envelope(by: 'alice' | 'bob', capability: string | Capability, url = KEY): Envelope {
    const created = Math.floor(Date.now() / 1000);
    const {headers} = signRequest({
      ...{method: 'POST', url, body: '{}', capability, seed: seed(by), created},
      action: url === KEY ? 'sign' : 'write',
    });
    const head = {method: 'POST', target: new URL(url).pathname, remoteAddress: '127.0.0.1'};
    return readEnvelope({...head, rawHeaders: Object.entries(headers).flat()}, {host: HOST, now: created});
  }

  const authorize = async (request: Envelope): Promise<string> =>
    (await one.authorizeInvocation(request, {action: 'sign', readState})).invocation.invoker;

  const delegated = (to: Controller = bob): Promise<Capability> =>
    delegate({
      ...{parent: ROOT, delegator: alice, controller: to},
      ...{invocationTarget: KEY, allowedAction: ['sign']},
    });

  /** Gives turns until nobody waits for any. @returns how many there were */
  async function passAll(): Promise<number> {
    let turns = 0;
    await later();
    while (due.length > 0) {
      turns += 1;
      for (const turn of due.splice(0)) turn();
      await later();
    }
    return turns;
  }

  it('reads a capability that was never seen in its turn, and one that was judged at once', async () => {
    const request = envelope('bob', await delegated());
    const first = authorize(request);
    await later();
    expect(queries).to.deep.equal([]);
    expect(await passAll()).to.be.greaterThan(0);
    expect(await first).to.equal(bob.did);
    expect(await authorize(request)).to.equal(bob.did);
    expect(due).to.deep.equal([]);
    expect(isKnown).to.deep.equal([false, true]);
  });

  it('has nothing to judge of a root capability that was never seen, and nobody wait', async () => {
    expect(await authorize(envelope('alice', ROOT))).to.equal(alice.did);
    expect(await rejection(authorize(envelope('bob', ROOT)))).to.have.property('reason', 'invoker');
    expect([due, isKnown]).to.deep.equal([[], []]);
    expect(queries.map(({isLast}) => isLast)).to.deep.equal([false, true, false]);
  });

  it('judges once what many requests come with at the same time', async () => {
    const request = envelope('bob', await delegated());
    const all = Array.from({length: 5}, () => authorize(request));
    await passAll();
    expect(await Promise.all(all)).to.deep.equal(Array(5).fill(bob.did));
    expect(queries.filter(({isLast}) => !isLast)).to.have.length(1);
    expect(isKnown).to.deep.equal([false, true, true, true, true]);
  });

  it('R12 refuses an invoker who lets too much be judged at a time, and it alone, once its signature has verified', async () => {
    const requests = [envelope('bob', await delegated()), envelope('bob', await delegated())];
    const waiting = requests.map(authorize);
    await later();
    const third = envelope('bob', await delegated());
    expect(await rejection(authorize(third))).to.be.instanceOf(RateLimitError);
    const forged = {...third, signingString: `${third.signingString} `};
    expect(await rejection(authorize(forged))).to.have.property('reason', 'signature');
    const other = authorize(envelope('alice', ROOT));
    await passAll();
    expect(await Promise.all([...waiting, other])).to.deep.equal([bob.did, bob.did, alice.did]);
    const again = authorize(third);
    await passAll();
    expect(await again).to.equal(bob.did);
  });

  it('has what is refused leave its place, and others who came with the same be judged for themselves', async () => {
    const capability = await delegated();
    const proof = {...capability.proof, proofValue: `z${'3'.repeat(88)}`};
    const request = envelope('bob', {...capability, proof});
    for (let time = 0; time < 2; time++) {
      const refusals = [rejection(authorize(request)), rejection(authorize(request))];
      await passAll();
      for (const refusal of await Promise.all(refusals)) {
        expect(refusal).to.be.instanceOf(NotAllowedError).and.have.property('reason', 'capability-proof');
      }
    }
  });

  it('R39 verifies what is to be revoked in turns, also for who invokes what was judged before', async () => {
    const capability = await delegated();
    const url = `${KEYSTORE}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    const revoke = async (): Promise<string> => {
      const options = {
        keystoreId: KEYSTORE,
        readState,
        capability: {...capability},
        revocationId: capability.id,
      };
      return (await one.authorizeRevocation(envelope('alice', ROOT, url), options)).revocable.id;
    };
    for (let time = 0; time < 2; time++) {
      queries = [];
      const revoking = revoke();
      await later();
      expect(queries).to.deep.equal([]);
      await passAll();
      expect(await revoking).to.equal(capability.id);
    }
  });

  it('R51 has documents fetched on behalf of a block of addresses, who signed, who delegated and what is revoked alike', async () => {
    const real = createDidResolver();
    const requesters: unknown[] = [];
    const counted = new ZcapAuthorizer({
      resolver: {
        ...real,
        verificationMethod: async (...query) => {
          requesters.push(query[2]?.requester);
          return real.verificationMethod(...query);
        },
      },
      replays: {remember: async () => true, deleteExpired: async () => 0},
      limitInvoker: async () => undefined,
      maxDelegationTtlMs: 90 * 24 * 3600 * 1000,
      addressBlock: (address) => `block of ${address}`,
    });
    const capability = await delegated();
    await counted.authorizeInvocation(envelope('bob', capability), {action: 'sign', readState});
    const url = `${KEYSTORE}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    const posted = {
      keystoreId: KEYSTORE,
      readState,
      capability: {...capability},
      revocationId: capability.id,
    };
    await counted.authorizeRevocation(envelope('alice', ROOT, url), posted);
    expect(requesters).to.deep.equal(Array(4).fill('block of 127.0.0.1'));
  });
});
