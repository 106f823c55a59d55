import {expect} from 'chai';
import {encode} from 'base58-universal';
import {decodeBase58} from '../../lib/encoding/base58.ts';
import {NotAllowedError} from '../../lib/errors.ts';
import {DelegationProofs} from '../../lib/zcap/delegation-proofs.ts';
import {createDidResolver, unresolved, type DidResolver} from '../../lib/zcap/did/did-resolver.ts';
import {changeAt, CHANGES} from './canonical/changed-delegations.ts';
import type {Generated} from './canonical/generated-delegations.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {delegate, delegateChain, type Capability} from '../support/delegate.ts';
import {controller} from '../support/did-key.ts';

const ROOT = `urn:zcap:root:${encodeURIComponent('https://kms.example/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz')}`;
const MAX_LINKS = 9;

describe('DelegationProofs', () => {
  const holders = Array.from({length: MAX_LINKS + 1}, (_, i) => controller(`delegation proofs ${i}`));
  const real = createDidResolver();
  let chains: readonly Generated[];
  let resolved: string[];
  let keysUsed: number;

  before(async () => {
    const links = await delegateChain({root: ROOT, holders, allowedAction: ['sign', 'read']});
    chains = links;
  });
  beforeEach(() => {
    resolved = [];
    keysUsed = 0;
  });

  /** Tells who is resolved, and how often a key is verified with. */
  const watching: DidResolver = {
    verificationMethod: async (didUrl, relationship, options) => {
      expect(relationship).to.equal('capabilityDelegation');
      resolved.push(didUrl);
      const method = await real.verificationMethod(didUrl, relationship, options);
      return {
        ...method,
        get keyObject() {
          keysUsed++;
          return method.keyObject;
        },
      };
    },
    document: async () => expect.fail('no document is needed'),
  };
  const proofs = (resolver = watching): DelegationProofs => new DelegationProofs({resolver});
  const chainOf = (links: number): Generated => chains[links - 1]!;
  const withProof = (link: Generated, members: object): Generated => ({
    ...link,
    proof: {...link.proof, ...members},
  });
  /** A signature with another last byte of R. */
  const forge = (link: Generated): Generated => {
    const signature = decodeBase58(String(link.proof['proofValue']).slice(1))!;
    signature[31]! ^= 1;
    return withProof(link, {proofValue: `z${encode(signature)}`});
  };

  async function expectRefused(document: Generated, by = proofs()): Promise<void> {
    const error = await rejection(by.verifyChain(document));
    expect(error).to.be.instanceOf(NotAllowedError).and.to.have.property('reason', 'capability-proof');
  }

  /** Refused, or left to others. */
  async function expectNotVerified(document: Generated, by: DelegationProofs): Promise<void> {
    const verified = await by.verifyChain(document).catch((error: unknown) => {
      expect(error).to.have.property('reason', 'capability-proof');
      return false;
    });
    expect(verified).to.equal(false);
  }

  for (let links = 1; links <= MAX_LINKS; links++) {
    it(`R29 verifies ${links} delegation(s), each by who controls its parent, the root's first`, async () => {
      let turns = 0;
      const yieldTurn = async (): Promise<void> => {
        turns++;
      };
      expect(await proofs().verifyChain(chainOf(links), {yieldTurn})).to.equal(true);
      expect(resolved).to.deep.equal(holders.slice(0, links).map(({keyId}) => keyId));
      expect([keysUsed, turns]).to.deep.equal([links, links - 1]);
    });
  }

  for (const depth of [0, 1, 2, 3]) {
    it(`R29 refuses a forged signature ${depth} links above the last, and looks at none below it`, async () => {
      await expectRefused(changeAt(chainOf(4), depth, forge));
      expect(keysUsed).to.equal(4 - depth);
    });

    it(`R29 refuses what was changed ${depth} links above the last after it was delegated`, async () => {
      await expectRefused(
        changeAt(chainOf(4), depth, (link) => ({...link, allowedAction: ['sign', 'read', 'write']})),
      );
    });

    it(`R29 refuses another's method ${depth} links above the last`, async () => {
      const verificationMethod = holders[9]!.keyId;
      await expectRefused(changeAt(chainOf(4), depth, (link) => withProof(link, {verificationMethod})));
    });
  }

  it('R23 refuses signatures that are not 64 bytes, and other multibases', async () => {
    const bytes = decodeBase58(String(chainOf(1).proof['proofValue']).slice(1))!;
    const withSignature = (proofValue: string): Generated => withProof(chainOf(1), {proofValue});
    for (const other of [bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)]), new Uint8Array(64)]) {
      await expectRefused(withSignature(`z${encode(other)}`));
    }
    await expectRefused(withSignature(`u${Buffer.from(bytes).toString('base64url')}`));
    await expectRefused(withSignature(`z${encode(bytes)}l`));
    await expectRefused(withSignature(`z1${encode(bytes)}`));
    expect(await proofs().verifyChain(withSignature(`z${encode(bytes)}`))).to.equal(true);
  });

  it('R29 refuses what cannot be resolved', async () => {
    const broken: DidResolver = {...watching, verificationMethod: async () => Promise.reject(unresolved())};
    await expectRefused(chainOf(1), proofs(broken));
    expect(await proofs().verifyChain(chainOf(1))).to.equal(true);
  });

  it('does not verify twice what cannot become false', async () => {
    const one = proofs();
    await one.verifyChain(chainOf(2));
    expect(keysUsed).to.equal(2);
    await one.verifyChain(chainOf(2));
    expect(keysUsed).to.equal(2);
    // One link more: one verification more. Who may delegate is asked again each time.
    await one.verifyChain(chainOf(3));
    expect(keysUsed).to.equal(3);
    expect(resolved).to.have.length(7);
  });

  it('R29 remembers nothing of what it refused, and a signature for its document and key only', async () => {
    const one = proofs();
    expect(await one.verifyChain(chainOf(2))).to.equal(true);
    for (let time = 0; time < 2; time++) {
      await expectRefused(
        changeAt(chainOf(2), 0, (link) => ({...link, expires: '2031-01-01T00:00:00Z'})),
        one,
      );
      await expectRefused(forge(chainOf(2)), one);
    }
    const other = await real.verificationMethod(holders[5]!.keyId, 'capabilityDelegation');
    let isReplaced = false;
    const changing: DidResolver = {
      ...watching,
      verificationMethod: async (didUrl, ...rest) => {
        const {id, controller: did} = await real.verificationMethod(didUrl, ...rest);
        return isReplaced ? {...other, id, controller: did} : real.verificationMethod(didUrl, ...rest);
      },
    };
    const two = proofs(changing);
    expect(await two.verifyChain(chainOf(1))).to.equal(true);
    isReplaced = true;
    await expectRefused(chainOf(1), two);
    isReplaced = false;
    expect(await two.verifyChain(chainOf(1))).to.equal(true);
  });

  describe('of chains with known parents', () => {
    const RESIGNED = {
      id: 'urn:uuid:0e2a5c5e-0d0e-4b0a-8f0c-6f5d3a1b9c77',
      expires: new Date(Date.now() + 60_000),
    };

    /** Has all but the last link of a chain come often enough to be known. */
    async function knowing(document: Generated): Promise<DelegationProofs> {
      const one = proofs();
      for (let time = 0; time < 2; time++) expect(await one.verifyChain(document)).to.equal(true);
      resolved = [];
      keysUsed = 0;
      return one;
    }

    for (const links of [2, 3, MAX_LINKS]) {
      it(`R29 verifies the last of ${links} links alone, and refuses it where it is forged`, async () => {
        const [delegator, other] = [holders[links - 1]!, holders[0]!];
        const parent = chains[links - 2] as unknown as Capability;
        const one = await knowing(chainOf(links));
        const leaf = {...RESIGNED, parent, controller: holders[links]!};
        const renewed = (await delegate({...leaf, delegator})) as unknown as Generated;
        expect(await one.verifyChain(renewed)).to.equal(true);
        expect(resolved).to.deep.equal([delegator.keyId]);
        expect(keysUsed).to.equal(1);
        await expectRefused(forge(renewed), one);
        const byAnother = (await delegate({...leaf, delegator: other})) as unknown as Generated;
        await expectRefused(withProof(byAnother, {verificationMethod: delegator.keyId}), one);
      });
    }

    for (const [what, change] of Object.entries(CHANGES)) {
      it(`R29 refuses a chain with another parent: ${what}`, async () => {
        const one = await knowing(chainOf(4));
        for (const depth of [1, 2, 3]) {
          const changed = change(chainOf(4), depth);
          if (changed) await expectNotVerified(changed, one);
        }
        expect(await one.verifyChain(chainOf(4))).to.equal(true);
      });
    }

    it('R29 does not take a parent for known that was refused', async () => {
      const one = await knowing(chainOf(3));
      const forged = changeAt(chainOf(4), 1, (link) => ({...link, expires: '2031-01-01T00:00:00Z'}));
      for (let time = 0; time < 3; time++) await expectRefused(forged, one);
    });

    it('asks each time for the keys of those whose DID documents can change', async () => {
      const web = {...holders[1]!, did: 'did:web:holder.example', keyId: 'did:web:holder.example#key'};
      const links = await delegateChain({
        root: ROOT,
        holders: [holders[0]!, {...web, signer: {...web.signer, id: web.keyId}}, holders[2]!, holders[3]!],
      });
      let isReplaced = false;
      const changing: DidResolver = {
        ...watching,
        verificationMethod: async (didUrl, ...rest) => {
          if (didUrl !== web.keyId) return watching.verificationMethod(didUrl, ...rest);
          const holder = holders[isReplaced ? 5 : 1]!;
          const method = await watching.verificationMethod(holder.keyId, ...rest);
          return {...method, id: web.keyId, controller: web.did};
        },
      };
      const one = proofs(changing);
      const document = links.at(-1) as unknown as Generated;
      for (let time = 0; time < 4; time++) expect(await one.verifyChain(document)).to.equal(true);
      expect(resolved).to.have.length(12);
      isReplaced = true;
      await expectRefused(document, one);
    });
  });

  it('leaves to others what has a method of another controller, and what it cannot write', async () => {
    const foreign: DidResolver = {
      ...watching,
      verificationMethod: async (...query) => ({
        ...(await real.verificationMethod(...query)),
        controller: 'did:web:other.example',
      }),
    };
    expect(await proofs(foreign).verifyChain(chainOf(1))).to.equal(false);
    expect(await proofs().verifyChain({...chainOf(1), referenceId: 'a'})).to.equal(false);
    expect(await proofs().verifyLast({...chainOf(1), referenceId: 'a'})).to.equal(undefined);
    expect(await proofs().verifyLast(chainOf(2))).to.have.property('id', holders[1]!.keyId);
  });
});
