import {verify} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {createDidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {controller, didKeyOf, encodeEd25519} from '../../support/did-key.ts';
import {expectUnresolved} from './expect-did-refusal.ts';

const alice = controller('did-key-alice');
const bob = controller('did-key-bob');
const resolver = createDidResolver();
const resolve = async (didUrl: string) => resolver.verificationMethod(didUrl, 'capabilityInvocation');

describe('did:key', () => {
  it('R51 resolves a DID URL for invoking and for delegating, without asking anybody', async () => {
    for (const relationship of ['capabilityInvocation', 'capabilityDelegation'] as const) {
      const method = await resolver.verificationMethod(alice.keyId, relationship);
      expect(method).to.include({
        id: alice.keyId,
        controller: alice.did,
        publicKeyMultibase: alice.publicKeyMultibase,
      });
      expect(encodeEd25519(method.publicKey)).to.equal(alice.publicKeyMultibase);
      expect(method.keyObject.equals(alice.publicKey)).to.equal(true);
    }
  });

  it('gives a key that verifies what its owner signed', async () => {
    const {keyObject} = await resolve(alice.keyId);
    const data = Buffer.from('signed');
    expect(verify(null, data, keyObject, alice.sign(data))).to.equal(true);
    expect(verify(null, data, keyObject, bob.sign(data))).to.equal(false);
  });

  it('imports a key once', async () => {
    const told: string[] = [];
    const observed = createDidResolver({onCache: (cache, outcome) => told.push(`${cache} ${outcome}`)});
    const first = await observed.verificationMethod(alice.keyId, 'capabilityInvocation');
    const second = await observed.verificationMethod(alice.keyId, 'capabilityDelegation');
    expect(second).to.equal(first);
    expect(told).to.deep.equal(['did:key miss', 'did:key hit']);
  });

  const mb = alice.publicKeyMultibase;
  const refusals: readonly [what: string, didUrl: string][] = [
    ['no fragment', alice.did],
    ['an empty fragment', `${alice.did}#`],
    ["another key's fragment", `${alice.did}#${bob.publicKeyMultibase}`],
    ['a relative fragment', `${alice.did}#key-1`],
    ['two fragments', `${alice.keyId}#${mb}`],
    ['a path', `${alice.did}/path#${mb}`],
    ['a query', `${alice.did}?versionId=1#${mb}`],
    ['parameters', `${alice.did};service=a#${mb}`],
    ['an upper-case scheme', `DID:key:${mb}#${mb}`],
    ['an upper-case method', `did:KEY:${mb}#${mb}`],
    ['a version', `did:key:1:${mb}#${mb}`],
    ['percent-encoding', `did:key:%7A${mb.slice(1)}#%7A${mb.slice(1)}`],
    ['white space in it', `did:key:${mb.slice(0, 9)} ${mb.slice(10)}#${mb.slice(0, 9)} ${mb.slice(10)}`],
    ['a line feed after it', `${alice.keyId}\n`],
    ['base64url', `did:key:u7QEAAAA#u7QEAAAA`],
    ['X25519', didKeyOf('z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc').keyId],
    ['P-256', didKeyOf('zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169').keyId],
    ['a leading 1', didKeyOf(`z1${mb.slice(1)}`).keyId],
    ['31 bytes', didKeyOf(encodeEd25519(Buffer.alloc(31, 7))).keyId],
    ['33 bytes', didKeyOf(encodeEd25519(Buffer.alloc(33, 7))).keyId],
    ['nothing', ''],
    ['the scheme alone', 'did:key:'],
  ];
  for (const [what, didUrl] of refusals) {
    it(`R9 refuses ${what}`, async () => {
      await expectUnresolved(resolve(didUrl), 'syntax');
      await resolve(alice.keyId);
    });
  }

  it('R9 refuses a point of small order', async () => {
    const order8 = Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex');
    await expectUnresolved(resolve(didKeyOf(encodeEd25519(order8)).keyId), 'key');
    order8.writeUInt8(0x27);
    await resolve(didKeyOf(encodeEd25519(order8)).keyId);
  });

  it('R9 refuses the second spelling of a point', async () => {
    const p = Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex');
    await expectUnresolved(resolve(didKeyOf(encodeEd25519(p)).keyId), 'key');
    p.writeUInt8(0xeb);
    await resolve(didKeyOf(encodeEd25519(p)).keyId);
  });

  it('R9 refuses other DID methods', async () => {
    await expectUnresolved(resolve(`did:jwk:${mb}#0`), 'method');
    await expectUnresolved(resolve('did:example:1#key-1'), 'method');
    await expectUnresolved(resolve('https://issuer.example/#key-1'), 'syntax');
  });

  it('R9 refuses what is longer than 1 KB', async () => {
    await expectUnresolved(resolve(`did:example:${'a'.repeat(1024)}#key-1`), 'syntax');
    await expectUnresolved(resolve(`did:example:${'a'.repeat(1000)}#key-1`), 'method');
  });

  it('R9 answers every text with a method or a refusal', async () => {
    const scraps = fc.constantFrom(
      'did:',
      'key:',
      'web:',
      mb,
      '#',
      '%3A',
      '%2F',
      ':',
      '.',
      'a.example',
      '\u0000',
      '😀',
      '/',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(scraps, fc.string()), {maxLength: 8}), async (parts) => {
        const text = parts.join('');
        const error: unknown = await resolve(text).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (text === alice.keyId) expect(error).to.equal(undefined);
        else expect(error).to.have.property('reason', 'did');
      }),
    );
  });
});
