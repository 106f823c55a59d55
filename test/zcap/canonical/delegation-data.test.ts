import {ZcapClient} from '@digitalbazaar/ezcap';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {expect} from 'chai';
import fc from 'fast-check';
import {verify} from 'node:crypto';
import {decodeBase58} from '../../../lib/encoding/base58.ts';
import {readDelegationData} from '../../../lib/zcap/canonical/delegation-data.ts';
import {parseCapabilityChain} from '../../../lib/zcap/capability-chain.ts';
import {controller} from '../../support/did-key.ts';
import {verifyData} from '../../support/ld-signatures.ts';
import {chainOf, delegate, KEYSTORE_URL, ROOT_ID, withProof, type Doc} from '../unsigned-capability.ts';
import {changeAt, CHANGES, SAME} from './changed-delegations.ts';
import {delegations} from './generated-delegations.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';
const RUNS = LONG ? 20_000 : 300;
const CHANGE_RUNS = LONG ? 5000 : 200;
const MAX_LINKS = 9;

/** What the last link's signature is over, in hexadecimal. */
function written(document: Doc): string | undefined {
  const data = readDelegationData(document)?.at(-1)?.verifyData();
  return data && Buffer.from(data).toString('hex');
}

/** The same by jsonld, as the signature suite asks it. */
async function canonized({proof, ...document}: Doc): Promise<string> {
  const {proofValue, ...options} = proof as Doc;
  expect(proofValue).to.be.a('string');
  return Buffer.from(await verifyData(document, options)).toString('hex');
}

describe('readDelegationData', function () {
  this.timeout(LONG ? 1_800_000 : 60_000);

  it(`R23 is what jsonld makes of ${RUNS} generated capabilities`, async () => {
    const lengths = new Set<number>();
    await fc.assert(
      fc.asyncProperty(delegations(MAX_LINKS), async (capability) => {
        lengths.add(parseCapabilityChain(capability).length);
        expect(written(capability)).to.equal(await canonized(capability));
      }),
      {numRuns: RUNS},
    );
    expect([...lengths].sort((a, b) => a - b)).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  for (const [what, change] of Object.entries(CHANGES)) {
    it(`R23 is another once ${what} is another, in any link`, () => {
      fc.assert(
        fc.property(delegations(MAX_LINKS), fc.nat(), (capability, n) => {
          const before = readDelegationData(capability)!;
          const changed = change(capability, n % before.length);
          if (changed === undefined) return;
          const [data, other] = [written(capability), written(changed)];
          expect(data).to.match(/^[0-9a-f]{128}$/);
          expect(other).to.match(/^[0-9a-f]{128}$/);
          expect(other).to.not.equal(data);
        }),
        {numRuns: CHANGE_RUNS},
      );
    });
  }

  for (const [what, respell] of Object.entries(SAME)) {
    it(`R30 is the same with ${what}, in any link`, () => {
      fc.assert(
        fc.property(delegations(MAX_LINKS), fc.nat(), (capability, n) => {
          const depth = n % readDelegationData(capability)!.length;
          expect(written(changeAt(capability, depth, respell))).to.equal(written(capability));
        }),
        {numRuns: CHANGE_RUNS},
      );
    });
  }

  it('R23 does not depend on the signature that it is for, and on those of all parents', () => {
    const chain = chainOf(3);
    const [first, second, third] = readDelegationData(withProof(chain, {proofValue: `z${'6'.repeat(87)}`}))!;
    expect(third!.proofValue).to.equal(`z${'6'.repeat(87)}`);
    const before = readDelegationData(chain)!;
    expect([first, second, third].map((link) => link!.verifyData())).to.deep.equal(
      before.map((link) => link.verifyData()),
    );
  });

  it('R23 is what the official client has signed, in chains of every length', async () => {
    const parties = Array.from({length: MAX_LINKS + 1}, (_, i) => controller(`canonical ${i}`));
    const expires = new Date(Date.now() + 3600_000);
    let capability: (Doc & Awaited<ReturnType<ZcapClient['delegate']>>) | undefined;
    for (const [i, delegator] of parties.slice(0, -1).entries()) {
      const client = new ZcapClient({SuiteClass: Ed25519Signature2020, delegationSigner: delegator.signer});
      const root = {
        '@context': 'https://w3id.org/zcap/v1',
        id: ROOT_ID,
        controller: parties[0]!.did,
        invocationTarget: KEYSTORE_URL,
      };
      capability = await client.delegate({
        capability: capability ?? root,
        controller: parties[i + 1]!.did,
        invocationTarget: KEYSTORE_URL,
        expires,
        allowedActions: ['sign', 'read'],
      });
      const links = readDelegationData(capability)!;
      expect(links).to.have.length(i + 1);
      expect(written(capability)).to.equal(await canonized(capability));
      for (const [index, link] of links.entries()) {
        const {publicKey, keyId} = parties[index]!;
        expect(link.verificationMethod).to.equal(keyId);
        const signature = decodeBase58(link.proofValue.slice(1))!;
        expect(verify(null, link.verifyData()!, publicKey, signature)).to.equal(true);
      }
    }
  });

  const [one, two] = [chainOf(1), chainOf(2)];
  const parent = (members: Doc): Doc => delegate(2, {parent: delegate(1, members)});
  const inChain = (...chain: unknown[]): Doc => withProof(two, {capabilityChain: chain});
  const UNKNOWN: readonly [what: string, document: Doc, twin: Doc][] = [
    ['an unknown member', {...one, caveat: []}, one],
    ['an unknown member of the proof', withProof(one, {nonce: 'n'}), one],
    ['an unknown member of a parent', parent({caveat: []}), two],
    ['one context', {...one, '@context': ['https://w3id.org/zcap/v1']}, one],
    ['contexts in another order', {...one, '@context': (one['@context'] as string[]).toReversed()}, one],
    ['a context as a text', {...one, '@context': 'https://w3id.org/zcap/v1'}, one],
    ['an inline context', {...one, '@context': [...(one['@context'] as string[]), {}]}, one],
    ['a relative id', {...one, id: 'a'}, {...one, id: 'a:a'}],
    ['a blank node as id', {...one, id: '_:b'}, {...one, id: 'b:_'}],
    ['a keyword as id', {...one, id: '@type'}, {...one, id: 'type:@type'}],
    ['a space in an id', {...one, id: 'a:b c'}, {...one, id: 'a:b%20c'}],
    ['letters beyond ASCII in an id', {...one, id: 'a:é'}, {...one, id: 'a:%C3%A9'}],
    ['an id that ends a line', {...one, id: 'a:b\n'}, {...one, id: 'a:b'}],
    ['an id with what IRIs may not have', {...one, id: 'a:<b>'}, {...one, id: 'a:(b)'}],
    ['no id', {...one, id: undefined}, one],
    ['an id that is no text', {...one, id: ['a:b']}, {...one, id: 'a:b'}],
    [
      'a controller that is an object',
      {...one, controller: {id: 'did:key:z'}},
      {...one, controller: 'did:key:z'},
    ],
    [
      'a controller within two arrays',
      {...one, controller: [['did:key:z']]},
      {...one, controller: ['did:key:z']},
    ],
    ['a relative target', {...one, invocationTarget: '/kms'}, {...one, invocationTarget: 'https:/kms'}],
    ['a lone surrogate', {...one, allowedAction: 'a\ud800'}, {...one, allowedAction: 'a\ud800\udc00'}],
    ['an action that is a number', {...one, allowedAction: [1]}, {...one, allowedAction: ['1']}],
    ['an action that is an object', {...one, allowedAction: {'@value': 'a'}}, {...one, allowedAction: 'a'}],
    ['an action that is null', {...one, allowedAction: null}, {...one, allowedAction: 'null'}],
    ['an expiry that is no text', {...one, expires: 2027}, {...one, expires: '2027'}],
    ['two proofs', {...one, proof: [one['proof'], one['proof']]}, one],
    ['a proof in an array', {...one, proof: [one['proof']]}, one],
    ['another suite', withProof(one, {type: 'DataIntegrityProof'}), one],
    ['another purpose', withProof(one, {proofPurpose: 'assertionMethod'}), one],
    ['a method that is an object', withProof(one, {verificationMethod: {id: 'did:key:z#z'}}), one],
    ['an empty chain', withProof(one, {capabilityChain: []}), one],
    ['a chain that is a text', withProof(one, {capabilityChain: ROOT_ID}), one],
    ['an embedded root', withProof(one, {capabilityChain: [{id: ROOT_ID}]}), one],
    ['a parent by its id', inChain(ROOT_ID, 'urn:zcap:1'), inChain(ROOT_ID, one)],
    ['a parent before the end', inChain(one, one), inChain(ROOT_ID, one)],
    ['a chain that leaves one out', inChain(one), inChain(ROOT_ID, one)],
    ['a chain that is not the parent’s', inChain('urn:other', one), inChain(ROOT_ID, one)],
    [
      'an id twice',
      delegate(2, {parent: one, id: 'urn:zcap:1'}),
      delegate(2, {parent: one, id: 'urn:zcap:2'}),
    ],
    ['the root’s id again', {...two, id: ROOT_ID}, {...two, id: `${ROOT_ID}2`}],
  ];
  for (const [what, document, twin] of UNKNOWN) {
    it(`leaves to others what has ${what}`, () => {
      expect(written(twin)).to.match(/^[0-9a-f]{128}$/);
      expect(readDelegationData(document)).to.equal(undefined);
    });
  }

  it('leaves to others what two proofs with one signature make alike, and only that', () => {
    const links = readDelegationData(chainOf(3))!;
    // All of `chainOf` have the same signature: the first two differ in whose they are, which is part of the proof.
    expect(links.map((link) => link.verifyData()?.length)).to.deep.equal([64, 64, 64]);
    const verificationMethod = 'did:key:z6MkA#z6MkA';
    let alike = delegate(1);
    for (const n of [2, 3]) alike = delegate(n, {parent: withProof(alike, {verificationMethod})});
    expect(readDelegationData(alike)!.map((link) => link.verifyData()?.length)).to.deep.equal([
      64,
      64,
      undefined,
    ]);
  });
});
