import {expect} from 'chai';
import {KEY_TYPES, type KeyType} from '../../../lib/keys/key-types.ts';
import {signable} from '../../key-modules/fixtures.ts';
import {base64url, type Reply, useKeyScene} from './key-scene.ts';

const SIGNS = ['sign', 'verify'];
const AGREES = ['deriveSecret'];
const RSA = ['encrypt', 'decrypt', 'sign', 'verify'];

/** What each type can do, written down once more. */
const MATRIX: Readonly<Record<KeyType, readonly string[]>> = {
  Ed25519VerificationKey2020: SIGNS,
  Ed25519VerificationKey2018: SIGNS,
  X25519KeyAgreementKey2020: AGREES,
  Sha256HmacKey2019: SIGNS,
  AesKeyWrappingKey2019: ['wrapKey', 'unwrapKey'],
  'urn:webkms:symmetric:AES-256-GCM': ['encrypt', 'decrypt'],
  'urn:webkms:multikey:Ed25519': SIGNS,
  'urn:webkms:multikey:P-256': SIGNS,
  'urn:webkms:multikey:P-384': SIGNS,
  'urn:webkms:multikey:P-521': SIGNS,
  'urn:webkms:multikey:secp256k1': SIGNS,
  'urn:webkms:multikey:X25519': AGREES,
  'urn:webkms:multikey:ECDH-P-256': AGREES,
  'urn:webkms:multikey:ECDH-P-384': AGREES,
  'urn:webkms:multikey:ECDH-P-521': AGREES,
  'urn:webkms:multikey:RSA-2048': RSA,
  'urn:webkms:multikey:RSA-3072': RSA,
  'urn:webkms:multikey:RSA-4096': RSA,
  'urn:webkms:multikey:BBS-BLS12-381-SHA-256': SIGNS,
  'urn:webkms:multikey:Bls12381G2': SIGNS,
  'urn:webkms:multikey:BBS-BLS12-381-SHAKE-256': SIGNS,
  'urn:webkms:multikey:ML-DSA-44': SIGNS,
  'urn:webkms:multikey:ML-DSA-65': SIGNS,
  'urn:webkms:multikey:ML-DSA-87': SIGNS,
  'urn:webkms:multikey:ML-KEM-768': ['encapsulate', 'decapsulate'],
};

const CIPHERTEXT = /^webkms:v1:[A-Za-z0-9_-]+$/;
const plaintext = base64url('plaintext');

/** What was replied, for operations that undo others. */
interface Made {
  signatureValue?: string;
  wrappedKey?: string;
  ciphertext?: string;
  encapsulated?: {readonly secret: string; readonly ciphertext: string};
  publicKey?: object;
}

interface Use {
  /** What a key must be able to do. */
  readonly needs: readonly string[];
  readonly members: (type: KeyType, made: Made) => Readonly<Record<string, unknown>>;
  readonly check: (reply: Reply, made: Made) => void;
}

const verifyData = (type: KeyType) => base64url(signable(KEY_TYPES[type]));
const SOME_KEY = {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: 'z6LS'};
const NO_CIPHERTEXT = 'webkms:v1:AAAA';

/** Every use, in an order in which what undoes another comes after it. */
const USES: Readonly<Record<string, Use>> = {
  SignOperation: {
    needs: ['sign'],
    members: (type) => ({verifyData: verifyData(type)}),
    check: (reply, made) => {
      expect(reply).to.have.all.keys('signatureValue');
      made.signatureValue = reply.signatureValue;
    },
  },
  VerifyOperation: {
    needs: ['verify'],
    members: (type, {signatureValue = ''}) => ({verifyData: verifyData(type), signatureValue}),
    check: (reply) => expect(reply).to.deep.equal({verified: true}),
  },
  WrapKeyOperation: {
    needs: ['wrapKey'],
    members: () => ({unwrappedKey: base64url(Buffer.alloc(32, 7))}),
    check: (reply, made) => {
      expect(reply).to.have.all.keys('wrappedKey');
      made.wrappedKey = reply.wrappedKey;
    },
  },
  UnwrapKeyOperation: {
    needs: ['unwrapKey'],
    members: (_type, {wrappedKey = ''}) => ({wrappedKey}),
    check: (reply) => expect(reply).to.deep.equal({unwrappedKey: base64url(Buffer.alloc(32, 7))}),
  },
  DeriveSecretOperation: {
    needs: ['deriveSecret'],
    members: (type, {publicKey}) => ({
      publicKey: MATRIX[type].includes('deriveSecret') ? publicKey : SOME_KEY,
    }),
    check: (reply) => {
      expect(reply).to.have.all.keys('secret');
      expect(Buffer.from(reply.secret, 'base64url').length).to.be.oneOf([32, 48, 66]);
    },
  },
  EncryptOperation: {
    needs: ['encrypt'],
    members: () => ({plaintext}),
    check: (reply, made) => {
      expect(reply).to.have.all.keys('ciphertext');
      expect(reply.ciphertext).to.match(CIPHERTEXT);
      made.ciphertext = reply.ciphertext;
    },
  },
  DecryptOperation: {
    needs: ['decrypt'],
    members: (_type, {ciphertext = NO_CIPHERTEXT}) => ({ciphertext}),
    check: (reply) => expect(reply).to.deep.equal({plaintext}),
  },
  RewrapOperation: {
    needs: ['decrypt', 'encrypt'],
    members: (_type, {ciphertext = NO_CIPHERTEXT}) => ({ciphertext}),
    check: (reply, {ciphertext}) => {
      expect(reply).to.have.all.keys('ciphertext');
      expect(reply.ciphertext).to.match(CIPHERTEXT).and.to.not.equal(ciphertext);
    },
  },
  GenerateDataKeyOperation: {
    needs: ['encrypt'],
    members: () => ({}),
    check: (reply) => {
      expect(reply).to.have.all.keys('ciphertext', 'plaintext');
      expect(Buffer.from(reply.plaintext, 'base64url')).to.have.length(32);
    },
  },
  EncapsulateOperation: {
    needs: ['encapsulate'],
    members: () => ({}),
    check: (reply, made) => {
      expect(reply).to.have.all.keys('secret', 'ciphertext');
      expect(reply.ciphertext).to.match(CIPHERTEXT);
      made.encapsulated = reply;
    },
  },
  DecapsulateOperation: {
    needs: ['decapsulate'],
    members: (_type, {encapsulated}) => ({ciphertext: encapsulated?.ciphertext ?? NO_CIPHERTEXT}),
    check: (reply, {encapsulated}) => expect(reply).to.deep.equal({secret: encapsulated?.secret}),
  },
};

/** What can be done with every key, in an order in which it can. */
const CHANGES: readonly (readonly [type: string, members: object, metadata: object | undefined])[] = [
  ['UpdateKeyOperation', {description: 'Described.'}, {description: 'Described.', currentVersion: 1}],
  ['RotateKeyOperation', {}, undefined],
  ['DisableKeyOperation', {keyVersion: 1}, {state: 'active', currentVersion: 2}],
  ['EnableKeyOperation', {keyVersion: 1}, {state: 'active'}],
  ['DisableKeyOperation', {}, {state: 'disabled'}],
  ['EnableKeyOperation', {}, {state: 'active'}],
  ['DeleteKeyOperation', {}, {state: 'pendingDeletion'}],
  ['RestoreKeyOperation', {}, {state: 'active', currentVersion: 2}],
];

describe('operations matrix', function () {
  // RSA keys of 4096 bits take as long as they take.
  this.timeout(60_000);
  const scene = useKeyScene();

  it('has every type', () => {
    expect(Object.keys(MATRIX)).to.have.members(Object.keys(KEY_TYPES));
  });

  for (const [type, supported] of Object.entries(MATRIX) as [KeyType, readonly string[]][]) {
    describe(type, () => {
      const made: Made = {};
      let url: string;
      before(async () => {
        url = await scene().generate(type);
        made.publicKey = (await scene().get(url)).json;
      });

      for (const [operation, {needs, members, check}] of Object.entries(USES)) {
        const can = needs.every((need) => supported.includes(need));
        it(`${operation}: ${can ? 'its result' : 'refused, 400, naming what there is'}`, async () => {
          const body = members(type, made);
          if (can) check(await scene().run(url, operation, body), made);
          else {
            expect(await scene().refusal(url, operation, body)).to.deep.equal({
              ...{status: 400, name: 'NotSupportedError', supported},
            });
          }
        });
      }

      it('ExportKeyOperation: refused, 403, as it was not made exportable', async () => {
        expect(await scene().refusal(url, 'ExportKeyOperation', {plaintext: true})).to.deep.equal({
          ...{status: 403, name: 'NotAllowedError', policy: 'exportable'},
        });
      });

      for (const [operation, members, metadata] of CHANGES) {
        it(`${operation} ${JSON.stringify(members)}: its result`, async () => {
          const reply = await scene().run(url, operation, {...members});
          if (!metadata) expect(reply.keyVersion).to.equal(2);
          else {
            expect(reply.keyId).to.equal(url);
            expect(reply.keyDescription.metadata).to.include(metadata);
          }
        });
      }
    });
  }
});
