import {expect} from 'chai';
import {NotAllowedError, SourceAddressError} from '../../lib/errors.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {RevocationStore} from '../../lib/storage/revocation-store.ts';
import {createDidResolver, type DidResolver} from '../../lib/zcap/did/did-resolver.ts';
import type {Envelope} from '../../lib/zcap/envelope.ts';
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
  let reads: number;
  /** Runs while a slow DID document is on its way. */
  let meanwhile: () => void;

  beforeEach(() => {
    keystore = {id: KEYSTORE, sequence: 0, controller: alice.did, kmsModule: 'software'};
    revoked = new Set();
    reads = 0;
    meanwhile = () => undefined;
  });

  function seed(name: string): Buffer {
    return createHash('sha256').update(`authorizer state: ${name}`).digest();
  }

  function authorizer(resolver: DidResolver): ZcapAuthorizer {
    const revocations = {
      isAnyRevoked: async (_: string, keys: readonly {readonly capabilityId: string}[]) =>
        keys.some(({capabilityId}) => revoked.has(capabilityId)),
    } as unknown as RevocationStore;
    return new ZcapAuthorizer({
      resolver,
      revocations,
      replays: {remember: async () => true, deleteExpired: async () => 0},
      limitInvoker: async () => undefined,
      maxDelegationTtlMs: 90 * 24 * 3600 * 1000,
    });
  }

  /** did:keys, as if they were documents that take a while and can change. */
  function slowResolver({invoker, delegator}: {invoker: boolean; delegator: boolean}): DidResolver {
    const real = createDidResolver();
    return {
      verificationMethod: async (...query) => {
        const method = await real.verificationMethod(...query);
        if (!invoker) return method;
        meanwhile();
        return {...method, immutable: false};
      },
      document: async (url) => {
        if (delegator) meanwhile();
        return real.document(url);
      },
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

  async function reasonOf(resolver: DidResolver, request: Envelope): Promise<string> {
    const readState = async () => {
      reads++;
      const controllers = [keystore.controller].flat();
      return {roots: [{invocationTarget: KEYSTORE, controllers, delegable: true}], keystore};
    };
    try {
      const {invocation, keystore: state} = await authorizer(resolver).authorizeInvocation(request, {
        action: 'sign',
        readState,
      });
      expect(state).to.equal(keystore);
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
    const slow = slowResolver({invoker: true, delegator: false});
    expect(await reasonOf(slow, envelope(alice, ROOT))).to.equal(alice.did);
    meanwhile = () => (keystore = {...keystore, sequence: 1, controller: bob.did});
    expect(await reasonOf(slow, envelope(alice, ROOT))).to.equal('invoker');
  });

  it('R41 refuses a chain that was revoked, or whose delegator lost control, while its proof was verified', async () => {
    const slow = slowResolver({invoker: false, delegator: true});
    const capability = await delegated();
    expect(await reasonOf(slow, envelope(bob, capability))).to.equal(bob.did);
    meanwhile = () => revoked.add(capability.id);
    expect(await reasonOf(slow, envelope(bob, capability))).to.equal('revoked');
    revoked.clear();
    meanwhile = () => (keystore = {...keystore, sequence: 1, controller: bob.did});
    expect(await reasonOf(slow, envelope(bob, capability))).to.equal('delegator');
  });

  it('R41, R48, R49 says of what was allowed whether it still is', async () => {
    const capability = await delegated();
    const readState = async () => {
      const controllers = [keystore.controller].flat();
      return {roots: [{invocationTarget: KEYSTORE, controllers, delegable: true}], keystore};
    };
    const options = {action: 'sign', readState};
    const {confirm} = await authorizer(createDidResolver()).authorizeInvocation(
      envelope(bob, capability),
      options,
    );
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
    const slow = slowResolver({invoker: false, delegator: true});
    const error = await reasonOf(slow, envelope(bob, await delegated())).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'ERR_SOURCE_ADDRESS');
  });

  it('reads the state once where nothing had to be waited for', async () => {
    const one = authorizer(createDidResolver());
    const request = envelope(bob, await delegated());
    const readState = async () => {
      reads++;
      return {roots: [{invocationTarget: KEYSTORE, controllers: [alice.did], delegable: true}], keystore};
    };
    await one.authorizeInvocation(request, {action: 'sign', readState});
    expect(reads).to.equal(2);
    await one.authorizeInvocation(request, {action: 'sign', readState});
    expect(reads).to.equal(3);
  });

  it('R12 asks no DID document for what nobody controls', async () => {
    let asked = false;
    const resolver = createDidResolver();
    const watched: DidResolver = {
      ...resolver,
      verificationMethod: async (...query) => {
        asked = true;
        return resolver.verificationMethod(...query);
      },
    };
    const request = envelope(alice, ROOT);
    const byWeb = {
      ...request,
      httpSignature: {...request.httpSignature, keyId: 'did:web:issuer.example#key'},
    };
    const controllers: string[] = [];
    const readState = async () => ({roots: [{invocationTarget: KEYSTORE, controllers, delegable: true}]});
    const refusal = await authorizer(watched)
      .authorizeInvocation(byWeb, {action: 'sign', readState})
      .catch((error: unknown) => error);
    expect(refusal).to.have.property('reason', 'did');
    expect(asked).to.equal(false);
    controllers.push(alice.did);
    await authorizer(watched)
      .authorizeInvocation(byWeb, {action: 'sign', readState})
      .catch((error: unknown) => error);
    expect(asked).to.equal(true);
  });
});
