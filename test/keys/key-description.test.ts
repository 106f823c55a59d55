import {expect} from 'chai';
import {InternalError, MalformedRequestError, NotFoundError} from '../../lib/errors.ts';
import {describeKey, type KeyDescription} from '../../lib/keys/key-description.ts';
import {KEY_TYPES, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import type {KeyVersionRecord} from '../../lib/storage/key-record.ts';

const KEY_ID = 'https://localhost:9443/kms/keystores/z1A/keys/z1B';
const CONTROLLER = 'did:example:1';

function describeSample(
  keyType: KeyTypeDescriptor,
  alias: {publicAlias?: string; publicAliasTemplate?: string} = {},
  {publicKey, controller = CONTROLLER}: {publicKey?: Buffer; controller?: string | string[]} = {},
): KeyDescription {
  const format = keyType.publicKey;
  const version: KeyVersionRecord = {
    version: 1,
    createdAt: 0,
    state: 'enabled',
    material: Buffer.of(1),
    ...(format && {publicKey: publicKey ?? Buffer.alloc(format.length, 1)}),
  };
  return describeKey({
    keyId: KEY_ID,
    keystoreController: controller,
    record: {type: keyType.name, state: 'enabled', versions: [version], ...alias},
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

  describe('of a key that has several versions', () => {
    const record = {
      type: ed25519.name,
      state: 'enabled' as const,
      versions: [1, 2, 3].map((version): KeyVersionRecord => {
        const publicKey = Buffer.alloc(32, version);
        return {version, createdAt: 0, state: 'enabled', material: Buffer.of(1), publicKey};
      }),
    };
    const options = {keyId: KEY_ID, keystoreController: CONTROLLER};
    const sample = (byte: number): KeyDescription =>
      describeSample(ed25519, {}, {publicKey: Buffer.alloc(32, byte)});

    it('is of the current one, and says which that is', () => {
      const expected = {...sample(3), keyVersion: 3};
      expect(describeKey({...options, record})).to.deep.equal(expected);
      expect(describeKey({...options, record, version: 3})).to.deep.equal(expected);
    });

    it('is of another where that is asked for: its id is the URL that finds it', () => {
      expect(describeKey({...options, record, version: 1})).to.deep.equal({
        ...sample(1),
        id: `${KEY_ID}?version=1`,
        keyVersion: 1,
      });
    });

    it('has an alias of each version where that is a template, the same one where it is not', () => {
      const publicAliasTemplate = 'did:key:{publicKeyMultibase}';
      const idOf = (version: number, alias: {publicAlias?: string; publicAliasTemplate?: string}): string =>
        describeKey({...options, record: {...record, ...alias}, version}).id;
      for (const version of [1, 2, 3]) {
        expect(idOf(version, {publicAliasTemplate})).to.equal(
          `did:key:${sample(version).publicKeyMultibase}`,
        );
        expect(idOf(version, {publicAlias: 'did:example:1#key'})).to.equal('did:example:1#key');
      }
      expect(idOf(2, {publicAliasTemplate: 'urn:x{+id}'})).to.equal(`urn:x${KEY_ID}?version=2`);
    });

    it('is not of a version that there is not', () => {
      for (const version of [0, 4, 1.5]) {
        expect(() => describeKey({...options, record, version})).to.throw(NotFoundError);
      }
    });

    it('is not made of a key that is deleted', () => {
      expect(() => describeKey({...options, record: {...record, state: 'deleted'}})).to.throw(NotFoundError);
      const pending = {...record, state: 'pendingDeletion' as const};
      expect(describeKey({...options, record: pending})).to.deep.equal({...sample(3), keyVersion: 3});
    });
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
    const version = {version: 1, createdAt: 0, state: 'enabled' as const, material: Buffer.of(1)};
    const state = 'enabled' as const;
    const options = {keyId: KEY_ID, keystoreController: CONTROLLER};
    for (const record of [
      {type: 'constructor', state, versions: [{...version, publicKey: Buffer.alloc(32)}]},
      {type: ed25519.name, state, versions: [{...version, publicKey: Buffer.alloc(31)}]},
      {type: ed25519.name, state, versions: [version]},
      {type: ed25519.name, state, versions: []},
      {type: 'Sha256HmacKey2019', state, versions: [{...version, publicKey: Buffer.alloc(32)}]},
    ]) {
      expect(() => describeKey({...options, record})).to.throw(InternalError);
    }
    expect(
      describeKey({...options, record: {type: 'Sha256HmacKey2019', state, versions: [version]}}).id,
    ).to.equal(KEY_ID);
  });
});
