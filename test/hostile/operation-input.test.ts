import {ECDH} from 'node:crypto';
import {expect} from 'chai';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import {base64url, changed, multibase, operation, x25519, type Json} from './support/operations.ts';
import {failed, malformed, type Refusal} from './support/refusal.ts';

const FAILED = failed('The operation failed.');
const KEY_DATA = malformed('A key to be wrapped has 16 to 65536 bytes, a multiple of 8 (RFC 3394).');
const OTHER_TYPE = malformed('"publicKey.type" must be "X25519KeyAgreementKey2020", as this key\'s own.');
const OTHER_KEY = malformed('"publicKey.publicKeyMultibase" must be a key of the same type as this one.');
const P_25519 = 2n ** 255n - 19n;
const little = (n: bigint) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();

const INPUTS: readonly Case[] = [
  ...[0, 1, 8, 15, 17].map((length): Case => ({
    title: `wrapKey of ${length} bytes`,
    request: changed('wrapKey', {unwrappedKey: base64url(length)}),
    refusal: KEY_DATA,
    twin: changed('wrapKey', {unwrappedKey: base64url(16)}),
  })),
  ...[
    0n,
    1n,
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    P_25519 - 1n,
    P_25519,
    P_25519 + 1n,
  ].map((point): Case => ({
    title: `deriveSecret with the X25519 point of low order ${point.toString(16).slice(0, 8)}`,
    request: changed('deriveSecret', {publicKey: x25519(little(point))}),
    refusal: FAILED,
  })),
  ...(
    [
      ['of 31 bytes', x25519(Buffer.alloc(31, 9)), OTHER_KEY],
      ['of 33 bytes', x25519(Buffer.alloc(33, 9)), OTHER_KEY],
      ['of no bytes', x25519(Buffer.alloc(0)), OTHER_KEY],
      [
        'of Ed25519',
        {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: multibase([0xed, 0x01], Buffer.alloc(32, 9))},
        OTHER_KEY,
      ],
      [
        'in base64url',
        {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: `u${base64url(34)}`},
        OTHER_KEY,
      ],
      ['that is no base58', {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: 'z0OIl'}, OTHER_KEY],
      ['of another type', {...x25519(Buffer.alloc(32, 9)), type: 'Multikey'}, OTHER_TYPE],
      ['of type constructor', {...x25519(Buffer.alloc(32, 9)), type: 'constructor'}, OTHER_TYPE],
    ] satisfies readonly [string, Json, Refusal][]
  ).map(([title, publicKey, refusal]): Case => ({
    title: `deriveSecret with a key ${title}`,
    request: changed('deriveSecret', {publicKey}),
    refusal,
  })),
].map((one) => ({twin: changed('deriveSecret', {}), ...one}));

/** x coordinates without a point, the field's prime and more, found with OpenSSL. */
function offCurve(curve: string, size: number): readonly Buffer[] {
  const small = Array.from({length: 20}, (_, x) =>
    Buffer.concat([Buffer.of(2), Buffer.alloc(size - 1), Buffer.of(x)]),
  );
  const beyond = Buffer.concat([Buffer.of(3), Buffer.alloc(size, 0xff)]);
  return [...small, beyond].filter((point) => {
    try {
      ECDH.convertKey(point, curve);
      return false;
    } catch {
      return true;
    }
  });
}

const CURVES = [
  ['P-256', 'prime256v1', 32, [0x80, 0x24]],
  ['P-384', 'secp384r1', 48, [0x81, 0x24]],
  ['P-521', 'secp521r1', 66, [0x82, 0x24]],
] as const;

describe('hostile: input of operations', () => {
  const scene = useScene();
  itRefuses(scene, INPUTS);

  for (const [name, curve, size, prefix] of CURVES) {
    it(`deriveSecret with points that are not on ${name}`, async () => {
      const s = scene();
      const url = await s.generateKey(s.property, {type: `urn:webkms:multikey:ECDH-${name}`});
      const derive = (raw: Uint8Array) =>
        operation(s, url, 'deriveSecret', {
          publicKey: {type: 'Multikey', publicKeyMultibase: multibase(prefix, raw)},
        });
      const points = offCurve(curve, size);
      expect(points.length).to.be.greaterThan(5);
      for (const point of points) await s.refused(derive(point), FAILED);
      const infinity = Buffer.alloc(size + 1);
      await s.refused(derive(infinity), FAILED);
      const own = (await s.accepted(s.reading({url}))).json as {publicKeyMultibase: string};
      const publicKey = {type: 'Multikey', publicKeyMultibase: own.publicKeyMultibase};
      await s.accepted(operation(s, url, 'deriveSecret', {publicKey}));
    });
  }

  it('unwrapKey answers null to whatever does not open, always in the same words', async () => {
    const s = scene();
    const unwrap = async (wrappedKey: string) =>
      s.accepted(operation(s, s.keys.kek, 'unwrapKey', {wrappedKey}));
    const {wrappedKey} = (await s.accepted(changed('wrapKey', {})(s))).json as {wrappedKey: string};
    expect((await unwrap(wrappedKey)).json).to.deep.equal({unwrappedKey: base64url(32)});
    const flipped = Buffer.from(wrappedKey, 'base64url');
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
    for (const bytes of [
      flipped,
      ...[0, 1, 8, 15, 16, 17, 23, 24, 40, 4096].map((n) => Buffer.alloc(n, 7)),
    ]) {
      expect((await unwrap(bytes.toString('base64url'))).text).to.equal('{"unwrappedKey":null}');
    }
  });

  it('verify answers false to signatures of any length', async () => {
    const s = scene();
    for (const name of ['hmac', 'ed25519'] as const) {
      const good = (await s.accepted(operation(s, s.keys[name], 'sign', {verifyData: 'AAAA'}))).json as {
        signatureValue: string;
      };
      const verify = async (signatureValue: string) =>
        s.accepted(operation(s, s.keys[name], 'verify', {verifyData: 'AAAA', signatureValue}));
      expect((await verify(good.signatureValue)).json).to.deep.equal({verified: true});
      const bytes = Buffer.from(good.signatureValue, 'base64url');
      const wrong = [0, 1, 31, 32, 33, 63, 64, 65, 4096].map((length) => Buffer.alloc(length, 7));
      for (const signature of [
        ...wrong,
        bytes.subarray(0, -1),
        bytes.subarray(0, 16),
        Buffer.concat([bytes, bytes]),
      ]) {
        expect((await verify(signature.toString('base64url'))).text).to.equal('{"verified":false}');
      }
    }
  });
});
