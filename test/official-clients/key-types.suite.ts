import {randomBytes} from 'node:crypto';
import type {KeyDescription} from '@digitalbazaar/webkms-client';
import {encode as encodeCbor} from 'cborg';
import {expect} from 'chai';
import type {Context} from 'mocha';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {createPeer, verifiesIndependently} from './independent-keys.ts';
import {refusal} from './refusal.ts';
import type {StartedClients} from './scene.ts';

const SUITES = 'https://w3id.org/security/suites';
const MULTIKEY = ['https://w3id.org/security/multikey/v1', 'Multikey'] as const;

/** Every type of AUTHORIZATION §8 that signs: its description's context, type, and how its public key begins. */
const SIGNING_TYPES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'Ed25519VerificationKey2020',
    `${SUITES}/ed25519-2020/v1`,
    'Ed25519VerificationKey2020',
    /^z6Mk[1-9A-Za-z]{44}$/,
  ],
  [
    'Ed25519VerificationKey2018',
    `${SUITES}/ed25519-2018/v1`,
    'Ed25519VerificationKey2018',
    /^[1-9A-Za-z]{43,44}$/,
  ],
  ['urn:webkms:multikey:Ed25519', ...MULTIKEY, /^z6Mk[1-9A-Za-z]{44}$/],
  ['urn:webkms:multikey:P-256', ...MULTIKEY, /^zDna/],
  ['urn:webkms:multikey:P-384', ...MULTIKEY, /^z82L/],
  ['urn:webkms:multikey:P-521', ...MULTIKEY, /^z2J9/],
  ['urn:webkms:multikey:BBS-BLS12-381-SHA-256', ...MULTIKEY, /^zUC[67]/],
  ['urn:webkms:multikey:Bls12381G2', ...MULTIKEY, /^zUC[67]/],
  ['urn:webkms:multikey:BBS-BLS12-381-SHAKE-256', ...MULTIKEY, /^zUC[67]/],
  ['urn:webkms:multikey:ML-DSA-44', ...MULTIKEY, /^z/],
  ['urn:webkms:multikey:ML-DSA-65', ...MULTIKEY, /^z/],
  ['urn:webkms:multikey:ML-DSA-87', ...MULTIKEY, /^z/],
];

const AGREEMENT_TYPES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'X25519KeyAgreementKey2020',
    `${SUITES}/x25519-2020/v1`,
    'X25519KeyAgreementKey2020',
    /^z6LS[1-9A-Za-z]{44}$/,
  ],
  ['urn:webkms:multikey:X25519', ...MULTIKEY, /^z6LS[1-9A-Za-z]{44}$/],
  ['urn:webkms:multikey:ECDH-P-256', ...MULTIKEY, /^zDna/],
  ['urn:webkms:multikey:ECDH-P-384', ...MULTIKEY, /^z82L/],
  ['urn:webkms:multikey:ECDH-P-521', ...MULTIKEY, /^z2J9/],
];

const SYMMETRIC_TYPES: readonly (readonly [string, string])[] = [
  ['Sha256HmacKey2019', `${SUITES}/hmac-2019/v1`],
  ['AesKeyWrappingKey2019', `${SUITES}/aes-2019/v1`],
];

type Described = KeyDescription & {readonly publicKeyBase58?: string};

export interface KeyTypesOptions {
  readonly name: string;
  readonly start: (context: Context) => Promise<StartedClients>;
  /** Types that the server's key module does not have, besides. */
  readonly absent?: RegExp;
}

/** What official clients do with keys of every type that they know. */
export function describeKeyTypes({name, start, absent = /^$/}: KeyTypesOptions): void {
  describe(`official webkms-client: key types, ${name}`, () => describeClients(start, absent));
}

function describeClients(start: KeyTypesOptions['start'], absent: RegExp): void {
  const owner = controller('key types: owner');
  const {signer: invocationSigner} = owner;
  const has = ([type]: readonly [string, ...unknown[]]): boolean => !absent.test(type);
  let scene: StartedClients | undefined;
  let keystoreId: string;

  before(async function () {
    scene = await start(this);
    ({id: keystoreId} = await scene.createKeystore(owner));
  });
  after(() => scene?.stop());

  function server(): StartedClients {
    if (!scene) throw new Error('The server was not started.');
    return scene;
  }

  /** Generates a key, and checks the reply's members, all of them, and the `Location`. */
  async function generate(type: string, context: string, descriptionType: string): Promise<Described> {
    const {keyId, keyDescription} = await server().kms(keystoreId).generateKey({type, invocationSigner});
    expect(keyId).to.match(
      /^https:\/\/.+\/kms\/keystores\/z[1-9A-HJ-NP-Za-km-z]+\/keys\/z[1-9A-HJ-NP-Za-km-z]+$/,
    );
    expect(keyId.startsWith(`${keystoreId}/keys/`)).to.equal(true);
    const {publicKeyMultibase, publicKeyBase58, ...rest} = keyDescription as Described;
    expect(rest).to.deep.equal({
      '@context': context,
      id: keyId,
      type: descriptionType,
      controller: owner.did,
    });
    expect(keyDescription).to.deep.equal(await readDescription(keyId));
    return {
      ...rest,
      ...(publicKeyMultibase && {publicKeyMultibase}),
      ...(publicKeyBase58 && {publicKeyBase58}),
    };
  }

  async function readDescription(keyId: string): Promise<unknown> {
    const {data} = await server()
      .zcap(owner)
      .read({url: keyId, capability: rootCapabilityId(keystoreId)});
    return data;
  }

  for (const [type, context, descriptionType, publicKeyPattern] of SIGNING_TYPES.filter(has)) {
    it(`${type}: sign, verify, and everybody can verify`, async () => {
      const description = await generate(type, context, descriptionType);
      const member = type.endsWith('2018') ? 'publicKeyBase58' : 'publicKeyMultibase';
      expect(Object.keys(description)).to.have.members(['@context', 'id', 'type', 'controller', member]);
      expect(description[member]).to.match(publicKeyPattern);

      const [data, otherData] = isBbs(type)
        ? [bbsMessage('header', ['one', 'two']), bbsMessage('header', ['one', 'three'])]
        : [randomBytes(100), randomBytes(100)];
      const kms = server().kms(keystoreId);
      const key = {keyId: description.id, invocationSigner};
      const signature = await kms.sign({...key, data});
      expect(await verifiesIndependently(type, {description, data, signature})).to.equal(true);
      expect(await verifiesIndependently(type, {description, data: otherData, signature})).to.equal(false);
      expect(await kms.verify({...key, data, signature})).to.equal(true);
      expect(await kms.verify({...key, data: otherData, signature})).to.equal(false);
      expect(await kms.verify({...key, data, signature: flipBit(signature)})).to.equal(false);
      expect(await kms.verify({...key, data, signature: signature.subarray(1)})).to.equal(false);
    });
  }

  for (const [type, context, descriptionType, publicKeyPattern] of AGREEMENT_TYPES.filter(has)) {
    it(`${type}: derives the secret that the peer computes`, async () => {
      const description = await generate(type, context, descriptionType);
      expect(description.publicKeyMultibase).to.match(publicKeyPattern);
      const peer = createPeer(type);
      const secret = await server()
        .kms(keystoreId)
        .deriveSecret({
          keyId: description.id,
          publicKey: {type: descriptionType, publicKeyMultibase: peer.publicKeyMultibase},
          invocationSigner,
        });
      expect(Buffer.from(secret)).to.deep.equal(peer.computeSecret(description));
    });
  }

  for (const [type, context] of SYMMETRIC_TYPES.filter(has)) {
    it(`${type}: is described without any key material`, async () => {
      const description = await generate(type, context, type);
      expect(Object.keys(description)).to.have.members(['@context', 'id', 'type', 'controller']);
    });
  }

  it('answers generateKey with 200, Location, and two members', async () => {
    const response = await server()
      .zcap(owner)
      .request({
        url: `${keystoreId}/keys`,
        capability: rootCapabilityId(keystoreId),
        method: 'post',
        action: 'generateKey',
        json: {type: 'GenerateKeyOperation', invocationTarget: {type: 'Ed25519VerificationKey2020'}},
      });
    const {keyId, ...rest} = response.data as {keyId: string};
    expect(response.status).to.equal(200);
    expect(response.headers.get('location')).to.equal(keyId);
    expect(rest).to.have.all.keys('keyDescription');
  });

  it('takes the contexts that older clients send', async () => {
    const {status} = await server()
      .zcap(owner)
      .request({
        url: `${keystoreId}/keys`,
        capability: rootCapabilityId(keystoreId),
        method: 'post',
        action: 'generateKey',
        json: {
          '@context': ['https://w3id.org/webkms/v1', `${SUITES}/ed25519-2020/v1`],
          type: 'GenerateKeyOperation',
          invocationTarget: {type: 'Ed25519VerificationKey2020'},
        },
      });
    expect(status).to.equal(200);
  });

  it('refuses a type that there is not', async () => {
    const others = [...SIGNING_TYPES, ...AGREEMENT_TYPES, ...SYMMETRIC_TYPES].filter((row) => !has(row));
    for (const type of ['urn:webkms:multikey:P-257', 'constructor', '__proto__', ...others.map(([t]) => t)]) {
      const {status, body} = await refusal(server().kms(keystoreId).generateKey({type, invocationSigner}));
      expect([status, body.name]).to.deep.equal([400, 'NotSupportedError']);
    }
  });

  it('refuses an operation that the type has not', async () => {
    const description = await generate(
      'X25519KeyAgreementKey2020',
      `${SUITES}/x25519-2020/v1`,
      'X25519KeyAgreementKey2020',
    );
    const key = {keyId: description.id, invocationSigner};
    const {status, body} = await refusal(
      server()
        .kms(keystoreId)
        .sign({...key, data: randomBytes(4)}),
    );
    expect([status, body.name]).to.deep.equal([400, 'NotSupportedError']);
  });
}

function isBbs(type: string): boolean {
  return /BBS|Bls12381G2/.test(type);
}

function bbsMessage(header: string, messages: readonly string[]): Uint8Array {
  return encodeCbor([Buffer.from(header), messages.map((message) => Buffer.from(message))]);
}

function flipBit(bytes: Uint8Array): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[8] = (flipped[8] ?? 0) ^ 1;
  return flipped;
}
