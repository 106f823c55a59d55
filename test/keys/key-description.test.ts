import {expect} from 'chai';
import {InternalError, MalformedRequestError} from '../../lib/errors.ts';
import {describeKey, type KeyDescription} from '../../lib/keys/key-description.ts';
import {KEY_TYPES, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';

const KEY_ID = 'https://localhost:9443/kms/keystores/z1A/keys/z1B';
const CONTROLLER = 'did:example:1';

function describeSample(
  keyType: KeyTypeDescriptor,
  alias: {publicAlias?: string; publicAliasTemplate?: string} = {},
  {publicKey, controller = CONTROLLER}: {publicKey?: Buffer; controller?: string | string[]} = {},
): KeyDescription {
  const format = keyType.publicKey;
  const version = {
    version: 1,
    createdAt: 0,
    material: Buffer.of(1),
    ...(format && {publicKey: publicKey ?? Buffer.alloc(format.length, 1)}),
  };
  return describeKey({
    keyId: KEY_ID,
    keystoreController: controller,
    record: {type: keyType.name, versions: [version], ...alias},
  });
}

describe('key description', () => {
  for (const keyType of Object.values(KEY_TYPES)) {
    it(`of ${keyType.name} has exactly the members that clients read`, () => {
      const {publicKeyMultibase, publicKeyBase58, ...rest} = describeSample(keyType);
      expect(rest).to.deep.equal({
        '@context': keyType.context,
        id: KEY_ID,
        type: keyType.descriptionType,
        controller: CONTROLLER,
      });
      expect(typeof publicKeyMultibase).to.equal(
        keyType.publicKey?.member === 'publicKeyMultibase' ? 'string' : 'undefined',
      );
      expect(typeof publicKeyBase58).to.equal(
        keyType.publicKey?.member === 'publicKeyBase58' ? 'string' : 'undefined',
      );
      expect(Object.values(describeSample(keyType))).to.not.include(undefined);
    });
  }

  // What the official client's AsymmetricKey tells the algorithm by. Both of BBS are one multicodec: they are the sign of y.
  for (const [type, first, prefix] of [
    ['urn:webkms:multikey:Ed25519', 0x00, 'z6Mk'],
    ['urn:webkms:multikey:Ed25519', 0xff, 'z6Mk'],
    ['urn:webkms:multikey:X25519', 0x00, 'z6LS'],
    ['urn:webkms:multikey:X25519', 0xff, 'z6LS'],
    ['urn:webkms:multikey:P-256', 0x02, 'zDna'],
    ['urn:webkms:multikey:P-256', 0x03, 'zDna'],
    ['urn:webkms:multikey:P-384', 0x02, 'z82L'],
    ['urn:webkms:multikey:P-384', 0x03, 'z82L'],
    ['urn:webkms:multikey:P-521', 0x02, 'z2J9'],
    ['urn:webkms:multikey:P-521', 0x03, 'z2J9'],
    ['urn:webkms:multikey:BBS-BLS12-381-SHA-256', 0x80, 'zUC6'],
    ['urn:webkms:multikey:BBS-BLS12-381-SHA-256', 0xb9, 'zUC7'],
    ['urn:webkms:multikey:BBS-BLS12-381-SHAKE-256', 0x80, 'zUC6'],
    ['urn:webkms:multikey:BBS-BLS12-381-SHAKE-256', 0xb9, 'zUC7'],
  ] as const) {
    it(`of ${type} begins with ${prefix} where its first byte is ${first.toString(16)}`, () => {
      const publicKey = Buffer.alloc(KEY_TYPES[type].publicKey?.length ?? 0);
      publicKey[0] = first;
      expect(describeSample(KEY_TYPES[type], {}, {publicKey}).publicKeyMultibase).to.match(
        new RegExp(`^${prefix}`),
      );
    });
  }

  const ed25519 = KEY_TYPES.Ed25519VerificationKey2020;

  it('has the did:key form of the key, RFC 8032 TEST 1', () => {
    const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    expect(describeSample(ed25519, {}, {publicKey}).publicKeyMultibase).to.equal(
      'z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw',
    );
  });

  it("has the keystore's controllers as they were given", () => {
    const controller = ['did:example:1', 'did:example:2'];
    expect(describeSample(ed25519, {}, {controller}).controller).to.deep.equal(controller);
  });

  it('has the current version of a key that has several', () => {
    const {versions, type} = {
      type: ed25519.name,
      versions: [1, 2].map((version) => ({
        version,
        createdAt: 0,
        material: Buffer.of(1),
        publicKey: Buffer.alloc(32, version),
      })),
    };
    const description = describeKey({
      keyId: KEY_ID,
      keystoreController: CONTROLLER,
      record: {type, versions},
    });
    expect(description).to.deep.equal(describeSample(ed25519, {}, {publicKey: Buffer.alloc(32, 2)}));
    expect(description).to.not.deep.equal(describeSample(ed25519, {}, {publicKey: Buffer.alloc(32, 1)}));
  });

  it('has the public alias as id', () => {
    const publicAlias = 'did:example:1#key-1';
    expect(describeSample(ed25519, {publicAlias}).id).to.equal(publicAlias);
    expect(() => describeSample(ed25519, {publicAlias: 'key-1'})).to.throw(
      MalformedRequestError,
      /"publicAlias".*absolute URI/,
    );
  });

  for (const keyType of Object.values(KEY_TYPES)) {
    if (keyType.publicKey?.member !== 'publicKeyMultibase') continue;
    it(`has a did:key alias of ${keyType.name}, however long`, () => {
      const publicAliasTemplate = 'did:key:{publicKeyMultibase}#{publicKeyMultibase}';
      const {id, publicKeyMultibase: key} = describeSample(
        keyType,
        {publicAliasTemplate},
        {publicKey: Buffer.alloc(keyType.publicKey?.length ?? 0, 0xff)},
      );
      expect(id).to.equal(`did:key:${key}#${key}`);
    });
  }

  it("expands a template over the description, in which id is the key's URL", () => {
    const alias = {publicAliasTemplate: '{+controller}?key={id}&type={type}#{publicKeyMultibase:4}'};
    expect(describeSample(ed25519, alias).id).to.equal(
      `did:example:1?key=${encodeURIComponent(KEY_ID)}&type=Ed25519VerificationKey2020#z6Mk`,
    );
    const controller = ['did:example:1', 'did:example:2'];
    expect(describeSample(ed25519, {publicAliasTemplate: 'urn:x{/controller*}'}, {controller}).id).to.equal(
      'urn:x/did%3Aexample%3A1/did%3Aexample%3A2',
    );
  });

  it('is not made of a record that no version of this server wrote', () => {
    const version = {version: 1, createdAt: 0, material: Buffer.of(1)};
    const options = {keyId: KEY_ID, keystoreController: CONTROLLER};
    for (const record of [
      {type: 'constructor', versions: [{...version, publicKey: Buffer.alloc(32)}]},
      {type: ed25519.name, versions: [{...version, publicKey: Buffer.alloc(31)}]},
      {type: ed25519.name, versions: [version]},
      {type: ed25519.name, versions: []},
      {type: 'Sha256HmacKey2019', versions: [{...version, publicKey: Buffer.alloc(32)}]},
    ]) {
      expect(() => describeKey({...options, record})).to.throw(InternalError);
    }
    expect(describeKey({...options, record: {type: 'Sha256HmacKey2019', versions: [version]}}).id).to.equal(
      KEY_ID,
    );
  });
});
