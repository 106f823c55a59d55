import {expect} from 'chai';
import {NotAllowedError} from '../../lib/errors.ts';
import {createDidResolver, type DidResolver} from '../../lib/zcap/did/did-resolver.ts';
import {Judge} from '../../lib/zcap/judge.ts';
import type {InvocationToJudge} from '../../lib/zcap/library-judge.ts';
import {readEnvelope} from '../../lib/zcap/read-envelope.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {delegate, draftCapability, signCapability, type Capability} from '../support/delegate.ts';
import {controller} from '../support/did-key.ts';
import {SIGNED, signedRequest} from '../support/signed-request.ts';

const HOST = 'kms.example';
const KEYSTORE = `https://${HOST}/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz`;
const KEY = `${KEYSTORE}/keys/z1A183TU3LZPM9mAF6Hx6TGJb`;
const ROOT_ID = `urn:zcap:root:${encodeURIComponent(KEYSTORE)}`;

describe('Judge', () => {
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => controller(`judge: ${name}`)) as [
    ReturnType<typeof controller>,
    ReturnType<typeof controller>,
    ReturnType<typeof controller>,
  ];
  const root = {invocationTarget: KEYSTORE, controllers: [alice.did], delegable: true};
  const now = Math.floor(Date.now() / 1000);
  const real = createDidResolver();
  const requester = 'a block of addresses';
  /** Only the libraries want documents. */
  let documentsAsked: number;
  /** On whose behalf anything was resolved. */
  let requesters: Set<string | undefined>;
  const resolver: DidResolver = {
    verificationMethod: async (...query) => {
      requesters.add(query[2]?.requester);
      return real.verificationMethod(...query);
    },
    document: async (url, options) => {
      requesters.add(options?.requester);
      documentsAsked++;
      return real.document(url);
    },
  };
  const options = {resolver, maxDelegationTtlMs: 90 * 24 * 3600 * 1000};
  const judge = new Judge(options);
  let toBob: Capability;
  let toCarol: Capability;

  before(async () => {
    toBob = await delegate({parent: ROOT_ID, delegator: alice, controller: bob, allowedAction: ['read']});
    toCarol = await delegate({parent: toBob, delegator: bob, controller: carol, invocationTarget: KEY});
  });
  beforeEach(() => {
    documentsAsked = 0;
    requesters = new Set();
  });

  /** To read the key, by whom the capability was delegated to; alice invokes the root. */
  async function invocation(
    document?: Capability,
    {alsoSigned = []}: {readonly alsoSigned?: readonly string[]} = {},
  ): Promise<InvocationToJudge> {
    const signer = [bob, carol].find(({did}) => did === document?.controller) ?? alice;
    const {method, target, headers} = signedRequest({
      url: KEY,
      action: 'read',
      capability: document ?? ROOT_ID,
      signer,
      overrides: {signedHeaders: [...SIGNED, ...alsoSigned]},
    });
    const head = {method, target, rawHeaders: headers.flat(), remoteAddress: '192.0.2.1'};
    return {
      envelope: readEnvelope(head, {host: HOST, now}),
      method: await real.verificationMethod(signer.keyId, 'capabilityInvocation'),
      root,
      action: 'read',
      judgedAction: 'read',
      document,
      requester,
    };
  }

  async function expectRefused(judged: Promise<void>): Promise<void> {
    const error = await rejection(judged);
    expect(error).to.be.instanceOf(NotAllowedError).and.to.have.property('reason', 'capability-proof');
  }

  /** A member that the context knows and no capability of ours may have: the gate refuses it before; here it stands for what cannot be written. */
  const unknown = (referenceId: string): Promise<Capability> => {
    const draft = draftCapability({parent: ROOT_ID, delegator: alice, controller: bob});
    return signCapability({...draft, document: {...draft.document, referenceId}});
  };
  const changed = (document: Capability): Capability => ({...document, expires: '2031-01-01T00:00:00Z'});

  it('R29 judges invocations without the libraries', async () => {
    for (const document of [undefined, toBob, toCarol]) {
      await judge.assertInvocation(await invocation(document), now);
    }
    await expectRefused(judge.assertInvocation(await invocation(changed(toCarol)), now));
    expect(documentsAsked).to.equal(0);
  });

  it('R29 judges delegations without the libraries', async () => {
    await judge.assertDelegation({document: toCarol, root, requester}, now);
    await expectRefused(judge.assertDelegation({document: changed(toCarol), root, requester}, now));
    expect(documentsAsked).to.equal(0);
  });

  it('R5 has the libraries judge what was signed over other headers too', async () => {
    for (const document of [undefined, toBob, toCarol]) {
      documentsAsked = 0;
      await judge.assertInvocation(await invocation(document, {alsoSigned: ['accept']}), now);
      expect(documentsAsked).to.be.above(0);
    }
    const other = await invocation(toCarol, {alsoSigned: ['accept']});
    await expectRefused(judge.assertInvocation({...other, judgedAction: 'write'}, now));
  });

  it('R29 has no libraries judge what is refused without them', async () => {
    const other = await invocation(changed(toCarol), {alsoSigned: ['accept']});
    await expectRefused(judge.assertInvocation(other, now));
    expect(documentsAsked).to.equal(0);
  });

  it('R29 has the libraries judge what it cannot write, by JSON-LD', async () => {
    const document = await unknown('a');
    await judge.assertInvocation(await invocation(document), now);
    await judge.assertDelegation({document, root, requester}, now);
    expect(documentsAsked).to.be.above(0);
    for (const other of [
      changed(document),
      {...document, referenceId: 'b'},
      {...document, caveat: 'urn:b'},
    ]) {
      await expectRefused(judge.assertInvocation(await invocation(other), now));
      await expectRefused(judge.assertDelegation({document: other, root, requester}, now));
    }
  });

  it('R51 resolves on behalf of whom the request came from, so that nobody gets all the fetches there are', async () => {
    const written = await invocation(toCarol);
    const other = await invocation(await unknown('a'));
    for (const judged of [written, other, await invocation(toCarol, {alsoSigned: ['accept']})]) {
      requesters.clear();
      await judge.assertInvocation(judged, now);
      expect([...requesters]).to.deep.equal([requester]);
    }
    for (const {document = {}} of [written, other]) {
      requesters.clear();
      await judge.assertDelegation({document, root, requester}, now);
      expect([...requesters]).to.deep.equal([requester]);
    }
  });

  it('R29 takes turns between links', async () => {
    let turns = 0;
    const yieldTurn = async (): Promise<void> => {
      turns++;
    };
    const newJudge = (): Judge => new Judge(options);
    await newJudge().assertInvocation(await invocation(toCarol), now, {yieldTurn});
    expect(turns).to.equal(1);
    await newJudge().assertDelegation({document: toCarol, root, requester}, now, {yieldTurn});
    expect(turns).to.equal(2);
  });
});
