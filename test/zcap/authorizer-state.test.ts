import {expect} from 'chai';
import {InternalError, NotAllowedError, SourceAddressError} from '../../lib/errors.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import {createDidResolver, type DidResolver} from '../../lib/zcap/did/did-resolver.ts';
import type {Envelope} from '../../lib/zcap/envelope.ts';
import type {AuthorizationState, StateQuery} from '../../lib/zcap/invocation.ts';
import {readEnvelope} from '../../lib/zcap/read-envelope.ts';
import {ZcapAuthorizer} from '../../lib/zcap/zcap-authorizer.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {delegate, type Capability} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {signRequest} from '../../examples/signed-request.ts';
import {createHash} from 'node:crypto';

const HOST = 'kms.example';
const KEYSTORE = `https://${HOST}/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz`;
const KEY = `${KEYSTORE}/keys/z1A183TU3LZPM9mAF6Hx6TGJb`;
const ROOT = `urn:zcap:root:${encodeURIComponent(KEYSTORE)}`;

/** What decides changes while a request is being verified: what counts is what is true when that ends. */
describe('ZcapAuthorizer and state that changes meanwhile', () => {
  const seeds = {alice: seed('alice'), bob: seed('bob')};
  const [alice, bob] = [controller(seeds.alice), controller(seeds.bob)];
  let keystore: KeystoreConfig;
  let revoked: Set<string>;
  let queries: StateQuery[];
  /** Runs while a slow DID document is on its way. */
  let meanwhile: () => void;

  beforeEach(() => {
    keystore = {id: KEYSTORE, sequence: 0, controller: alice.did, kmsModule: 'software'};
    revoked = new Set();
    queries = [];
    meanwhile = () => undefined;
  });

  function seed(name: string): Buffer {
    return createHash('sha256').update(`authorizer state: ${name}`).digest();
  }

  function authorizer(resolver: DidResolver = createDidResolver()): ZcapAuthorizer {
    return new ZcapAuthorizer({
      resolver,
      replays: {remember: async () => true, deleteExpired: async () => 0},
      limitInvoker: async () => undefined,
      maxDelegationTtlMs: 90 * 24 * 3600 * 1000,
    });
  }

  async function readState(query: StateQuery): Promise<AuthorizationState> {
    queries.push(query);
    const controllers = [keystore.controller].flat();
    return {
      roots: [{invocationTarget: KEYSTORE, controllers, delegable: true}],
      keystore,
      isAnyRevoked: query.revocations.some(({capabilityId}) => revoked.has(capabilityId)),
    };
  }

  /** did:keys, as if they were documents that take a while and can change. */
  function slowResolver({invoker, delegator}: {invoker: boolean; delegator: boolean}): DidResolver {
    const real = createDidResolver();
    return {
      verificationMethod: async (didUrl, relationship, options) => {
        if (relationship === 'capabilityInvocation' ? invoker : delegator) meanwhile();
        return real.verificationMethod(didUrl, relationship, options);
      },
      document: async (url) => real.document(url),
    };
  }

  function envelope(by: Controller, capability: string | Capability): Envelope {
    const body = JSON.stringify({type: 'SignOperation', invocationTarget: KEY, verifyData: ''});
    const created = Math.floor(Date.now() / 1000);
    const {headers} = signRequest({
      method: 'POST',
      url: KEY,
      body,
      capability,
      action: 'sign',
      seed: by === alice ? seeds.alice : seeds.bob,
      created,
    });
    return readEnvelope(
      {
        method: 'POST',
        target: new URL(KEY).pathname,
        rawHeaders: Object.entries(headers).flat(),
        remoteAddress: '127.0.0.1',
      },
      {host: HOST, now: created},
    );
  }

  /** @returns why it is refused; else the invoker. */
  async function reasonOf(by: ZcapAuthorizer, request: Envelope): Promise<string> {
    try {
      const {invocation, state} = await by.authorizeInvocation(request, {action: 'sign', readState});
      expect(state.keystore).to.equal(keystore);
      return invocation.invoker;
    } catch (error) {
      if (!(error instanceof NotAllowedError)) throw error;
      return error.reason;
    }
  }

  const delegated = async (): Promise<Capability> =>
    delegate({
      parent: ROOT,
      delegator: alice,
      controller: bob,
      invocationTarget: KEY,
      allowedAction: ['sign'],
    });

  it('R48 refuses the old controller when control went to another while its DID was resolved', async () => {
    const slow = () => authorizer(slowResolver({invoker: true, delegator: false}));
    expect(await reasonOf(slow(), envelope(alice, ROOT))).to.equal(alice.did);
    meanwhile = () => (keystore = {...keystore, sequence: 1, controller: bob.did});
    expect(await reasonOf(slow(), envelope(alice, ROOT))).to.equal('invoker');
  });

  it('R41 refuses a chain that was revoked, or whose delegator lost control, while its proof was verified', async () => {
    const slow = () => authorizer(slowResolver({invoker: false, delegator: true}));
    const capability = await delegated();
    expect(await reasonOf(slow(), envelope(bob, capability))).to.equal(bob.did);
    meanwhile = () => revoked.add(capability.id);
    expect(await reasonOf(slow(), envelope(bob, capability))).to.equal('revoked');
    revoked.clear();
    meanwhile = () => (keystore = {...keystore, sequence: 1, controller: bob.did});
    expect(await reasonOf(slow(), envelope(bob, capability))).to.equal('delegator');
  });

  it('R41, R48, R49 says of what was allowed whether it still is', async () => {
    const capability = await delegated();
    const {confirm} = await authorizer().authorizeInvocation(envelope(bob, capability), {
      action: 'sign',
      readState,
    });
    const reason = () => confirm().catch((error: unknown) => (error as NotAllowedError).reason);
    expect(await reason()).to.equal(undefined);
    revoked.add(capability.id);
    expect(await reason()).to.equal('revoked');
    revoked.clear();
    keystore = {...keystore, ipAllowList: ['192.0.2.0/24']};
    expect(await rejection(confirm())).to.be.instanceOf(SourceAddressError);
    keystore = {id: KEYSTORE, sequence: 1, controller: bob.did, kmsModule: 'software'};
    expect(await reason()).to.equal('delegator');
    keystore = {...keystore, controller: alice.did};
    expect(await reason()).to.equal(undefined);
  });

  it('R49 refuses an address that was taken off the list meanwhile', async () => {
    meanwhile = () => (keystore = {...keystore, ipAllowList: ['192.0.2.0/24']});
    const slow = () => authorizer(slowResolver({invoker: false, delegator: true}));
    const error = await reasonOf(slow(), envelope(bob, await delegated())).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'ERR_SOURCE_ADDRESS');
  });

  /** What was asked of the store since the last time. */
  const asked = (): readonly string[] =>
    queries
      .splice(0)
      .map(
        ({revocations, isLast}) =>
          `${revocations.length} revocation(s), ${isLast ? 'last' : 'to be read again'}`,
      );

  it('reads the state once for whom it knows, and once more the first time', async () => {
    const one = authorizer();
    const authorize = async (request: Envelope): Promise<readonly string[]> => {
      await one.authorizeInvocation(request, {action: 'sign', readState});
      return asked();
    };
    const request = envelope(bob, await delegated());
    expect(await authorize(request)).to.deep.equal([
      '1 revocation(s), to be read again',
      '1 revocation(s), last',
    ]);
    expect(await authorize(envelope(alice, ROOT))).to.deep.equal([
      '0 revocation(s), to be read again',
      '0 revocation(s), last',
    ]);
    for (let time = 1; time <= 2; time++) {
      expect(await authorize(request)).to.deep.equal(['1 revocation(s), last']);
      expect(await authorize(envelope(alice, ROOT))).to.deep.equal(['0 revocation(s), last']);
    }
  });

  it('ADR 17 reads nothing last for strangers, however often they ask, and refuses whom it knew', async () => {
    const one = authorizer();
    const request = envelope(bob, ROOT);
    for (let time = 1; time <= 2; time++) {
      expect(await reasonOf(one, request)).to.equal('invoker');
      expect(asked()).to.deep.equal(['0 revocation(s), to be read again']);
    }
    expect(await reasonOf(one, envelope(alice, ROOT))).to.equal(alice.did);
    keystore = {...keystore, controller: bob.did};
    expect(await reasonOf(one, envelope(alice, ROOT))).to.equal('invoker');
    expect(await reasonOf(one, request)).to.equal(bob.did);
  });

  it('R41 refuses what was revoked at the one reading, and before the dear work', async () => {
    const one = authorizer();
    const capability = await delegated();
    const request = envelope(bob, capability);
    revoked.add(capability.id);
    expect(await reasonOf(one, request)).to.equal('revoked');
    expect(asked()).to.deep.equal(['1 revocation(s), to be read again']);
    revoked.clear();
    expect(await reasonOf(one, request)).to.equal(bob.did);
    expect(asked()).to.have.length(2);
    revoked.add(capability.id);
    expect(await reasonOf(one, request)).to.equal('revoked');
    expect(asked()).to.deep.equal(['1 revocation(s), last']);
  });

  it('R10 asks nothing of the store where the signature of a did:key does not verify', async () => {
    const one = authorizer();
    const request = envelope(alice, ROOT);
    expect(await reasonOf(one, {...request, signingString: `${request.signingString} `})).to.equal(
      'signature',
    );
    expect(asked()).to.deep.equal([]);
    expect(await reasonOf(one, request)).to.equal(alice.did);
  });

  it('does not believe an answer about another keystore', async () => {
    const one = authorizer();
    const elsewhere = async (query: StateQuery): Promise<AuthorizationState> => ({
      ...(await readState(query)),
      keystore: {...keystore, id: `${KEYSTORE}0`},
    });
    const request = envelope(bob, await delegated());
    const options = {action: 'sign', readState: elsewhere};
    expect(await rejection(one.authorizeInvocation(request, options))).to.be.instanceOf(InternalError);
  });

  it('R12 asks no DID document for what nobody controls', async () => {
    let isFetched = false;
    const resolver = createDidResolver();
    const watched: DidResolver = {
      ...resolver,
      verificationMethod: async (...query) => {
        isFetched = true;
        return resolver.verificationMethod(...query);
      },
    };
    const request = envelope(alice, ROOT);
    const byWeb = {
      ...request,
      httpSignature: {...request.httpSignature, keyId: 'did:web:issuer.example#key'},
    };
    keystore = {...keystore, controller: []};
    const refusal = await authorizer(watched)
      .authorizeInvocation(byWeb, {action: 'sign', readState})
      .catch((error: unknown) => error);
    expect(refusal).to.have.property('reason', 'did');
    expect(isFetched).to.equal(false);
    expect(asked()).to.deep.equal(['0 revocation(s), to be read again']);
    keystore = {...keystore, controller: alice.did};
    await authorizer(watched)
      .authorizeInvocation(byWeb, {action: 'sign', readState})
      .catch((error: unknown) => error);
    expect(isFetched).to.equal(true);
  });
});
