import {expect} from 'chai';
import {
  KeySequenceError,
  NotSupportedError,
  OutcomeUnknownError,
  QuotaExceededError,
  UnavailableError,
} from '../../lib/errors.ts';
import type {KeyModule, KeyTypeSupport, KeyVersion} from '../../lib/key-modules/key-module.ts';
import {wholeSupport} from '../../lib/key-modules/key-type-support.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {findOperation} from '../../lib/operations/operation-table.ts';
import type {OnKeyDescriptor, OnKeystoreDescriptor} from '../../lib/operations/operation.ts';
import {ImportTokens} from '../../lib/operations/import-tokens.ts';
import {KeyService} from '../../lib/operations/key-service.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {DEFAULTS, generateRecord, KEYSTORE, silent, software} from './fixtures.ts';
import {MemoryKeys} from './memory-keys.ts';

const RSA: KeyType = 'urn:webkms:multikey:RSA-2048';
const AES: KeyType = 'urn:webkms:symmetric:AES-256-GCM';
const HMAC: KeyType = 'Sha256HmacKey2019';
const SIGNS_ONLY: KeyTypeSupport = {
  operations: ['sign', 'verify'],
  signatureAlgorithms: ['PS256', 'RS256'],
  importable: false,
  extractable: false,
};
const keystore = {...KEYSTORE, sequence: 4, kmsModule: 'hsm'};

/** The software module, that says that it does less, and keeps account of what it made and erased. */
class Scene {
  readonly keys = new MemoryKeys();
  readonly made: Uint8Array[] = [];
  readonly erased: Uint8Array[] = [];
  /** Operations that the module was asked for. */
  readonly asked: string[] = [];
  readonly warnings: object[] = [];
  readonly service: KeyService;
  /** What the module throws that is to erase. */
  stuck: Error | undefined;

  constructor(support: Partial<Record<KeyType, KeyTypeSupport | undefined>> = {}) {
    const module = new Proxy(software, {
      get: (target, name: keyof KeyModule): unknown => {
        if (name === 'keyType') {
          return (type: KeyType) => (type in support ? support[type] : wholeSupport(type));
        }
        if (name === 'destroyKey') {
          return async ({material}: KeyVersion) => {
            if (this.stuck) throw this.stuck;
            this.erased.push(material);
          };
        }
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          this.asked.push(name);
          const result = (await Reflect.apply(member, target, args)) as {readonly material: Uint8Array};
          if (name === 'generateKey' || name === 'importKey') this.made.push(result.material);
          return result;
        };
      },
    }) as KeyModule;
    this.service = new KeyService({
      keys: this.keys,
      uses: {
        limitRate: () => undefined,
        take: async () => undefined,
        find: async () => new Map(),
      },
      keyModules: new Map([['hsm', module]]),
      keysPerKeystore: 10,
      defaults: DEFAULTS,
      importTokens: Object.create(ImportTokens.prototype) as ImportTokens,
      log: Object.assign(Object.create(silent) as typeof silent, {
        warn: (fields: object) => void this.warnings.push(fields),
      }),
      now: () => 1000,
    });
  }

  /** A key that is there already. */
  async store(type: KeyType, options: Parameters<typeof generateRecord>[1] = {}): Promise<KeyRecord> {
    const record = await generateRecord(type, options);
    this.keys.put(record);
    return record;
  }

  onKey({localKeyId}: KeyRecord, type: string, members: object = {}): Promise<object> {
    const call = {keystore, localKeyId, admit: () => undefined, acceptOnce: async () => undefined};
    return this.service.runOnKey(findOperation(type) as unknown as OnKeyDescriptor, {type, ...members}, call);
  }

  onKeystore(type: string, invocationTarget: object, members: object = {}): Promise<object> {
    const descriptor = findOperation(type) as unknown as OnKeystoreDescriptor;
    const call = {keystore, acceptOnce: async () => undefined};
    return this.service.runOnKeystore(descriptor, {type, invocationTarget, ...members}, call);
  }

  current({localKeyId}: KeyRecord): Promise<KeyRecord | undefined> {
    return this.keys.find({localKeyId});
  }
}

describe('operations on keys of a module that does less than there is', () => {
  it('are refused by what it declares, before it is asked', async () => {
    const scene = new Scene({[RSA]: SIGNS_ONLY});
    const key = await scene.store(RSA);
    for (const [type, members] of [
      ['EncryptOperation', {plaintext: 'AAAA'}],
      ['DecryptOperation', {ciphertext: 'webkms:v1:AAAA'}],
      ['RewrapOperation', {ciphertext: 'webkms:v1:AAAA'}],
      ['GenerateDataKeyOperation', {}],
    ] as const) {
      const error = await rejection(scene.onKey(key, type, members));
      expect(error, type).to.be.instanceOf(NotSupportedError);
      expect(error).to.have.deep.property('details', {supported: ['sign', 'verify']});
    }
    for (const algorithm of ['RS512', 'ES256']) {
      const error = await rejection(scene.onKey(key, 'SignOperation', {verifyData: 'AAAA', algorithm}));
      expect(error, algorithm).to.be.instanceOf(NotSupportedError);
      expect(error).to.have.deep.property('details', {supported: ['PS256', 'RS256']});
    }
    expect(scene.asked).to.deep.equal([]);
    for (const algorithm of [undefined, 'PS256', 'RS256']) {
      const choice = algorithm === undefined ? {} : {algorithm};
      await scene.onKey(key, 'SignOperation', {verifyData: 'AAAA', ...choice});
    }
    expect(scene.asked).to.deep.equal(['sign', 'sign', 'sign']);
  });

  it('tell it in the metadata', async () => {
    const scene = new Scene({[RSA]: SIGNS_ONLY});
    const {metadata} = await scene.service.describe(keystore, await scene.store(RSA), {metadata: true});
    expect(metadata).to.deep.include({
      operations: ['sign', 'verify'],
      algorithms: ['PS256', 'RS256'],
      kmsModule: 'hsm',
      extractable: false,
    });
    const elsewhere = {...keystore, kmsModule: 'gone'};
    const told = await scene.service.describe(elsewhere, await scene.store(AES), {metadata: true});
    expect(told.metadata).to.deep.include({operations: ['encrypt', 'decrypt'], kmsModule: 'gone'});
    expect(told.metadata).to.not.have.property('extractable');
  });

  it('that would make a key are refused before it is made', async () => {
    const scene = new Scene({[RSA]: SIGNS_ONLY, [AES]: undefined});
    for (const target of [
      {type: AES},
      {type: RSA, keyOps: ['encrypt']},
      {type: RSA, policy: {exportable: true}},
    ]) {
      const error = await rejection(scene.onKeystore('GenerateKeyOperation', target));
      expect(error, JSON.stringify(target)).to.be.instanceOf(NotSupportedError);
    }
    const keyMaterial = {format: 'jwk', jwk: {}};
    const error = await rejection(scene.onKeystore('ImportKeyOperation', {type: RSA}, {keyMaterial}));
    expect(error)
      .to.be.instanceOf(NotSupportedError)
      .with.property('message')
      .that.includes('does not import');
    expect(scene.asked).to.deep.equal([]);
    await scene.onKeystore('GenerateKeyOperation', {type: RSA, keyOps: ['sign']});
    await scene.onKeystore('GenerateKeyOperation', {type: HMAC, policy: {exportable: true}});
    expect(scene.made).to.have.length(2);
  });

  it('that would let a key go are refused', async () => {
    const scene = new Scene({[RSA]: SIGNS_ONLY});
    const key = await scene.store(RSA, {policy: {exportable: true}});
    const error = await rejection(scene.onKey(key, 'ExportKeyOperation', {plaintext: true}));
    expect(error).to.be.instanceOf(NotSupportedError);
    expect(scene.asked).to.deep.equal([]);
  });

  it('of a type that it has no more are unavailable, and nothing is made', async () => {
    const scene = new Scene({[AES]: undefined});
    const key = await scene.store(AES);
    for (const [type, members] of [
      ['EncryptOperation', {plaintext: 'AAAA'}],
      ['RotateKeyOperation', {}],
    ] as const) {
      expect(await rejection(scene.onKey(key, type, members)), type).to.be.instanceOf(UnavailableError);
    }
    expect(scene.asked).to.deep.equal([]);
    await scene.onKey(key, 'DisableKeyOperation');
    expect((await scene.current(key))?.state).to.equal('disabled');
  });
});

describe('what a module keeps of a key', () => {
  it('is erased with the version, once that is stored', async () => {
    const scene = new Scene();
    const key = await scene.store(AES, {versions: 3});
    await scene.onKey(key, 'DisableKeyOperation', {keyVersion: 1});
    scene.keys.beforeUpdate = () => void expect(scene.erased).to.deep.equal([]);
    await scene.onKey(key, 'DeleteKeyOperation', {keyVersion: 1});
    expect(scene.erased).to.deep.equal([key.versions[0]!.material]);
  });

  it('is erased of the versions that a rotation leaves over', async () => {
    const scene = new Scene();
    const key = await scene.store(AES, {versions: 2, policy: {maxVersions: 2, destroyUsableVersions: true}});
    await scene.onKey(key, 'RotateKeyOperation');
    expect(scene.erased).to.deep.equal([key.versions[0]!.material]);
    await scene.onKey(key, 'RotateKeyOperation');
    expect(scene.erased).to.deep.equal(key.versions.map(({material}) => material));
  });

  it('is erased where the store refused the key; not where nobody knows whether it did', async () => {
    for (const [refusal, erased] of [
      [new QuotaExceededError('Too many.'), true],
      [new KeySequenceError('Another.'), true],
      [new OutcomeUnknownError('No answer.'), false],
      [new UnavailableError('Away.'), false],
    ] as const) {
      const scene = new Scene();
      scene.keys.insert = async () => {
        throw refusal;
      };
      expect(await rejection(scene.onKeystore('GenerateKeyOperation', {type: HMAC}))).to.equal(refusal);
      expect(scene.made).to.have.length(1);
      expect(scene.erased, refusal.message).to.deep.equal(erased ? scene.made : []);
    }
  });

  it('is erased where a key cannot be described', async () => {
    const scene = new Scene();
    const target = {type: 'Ed25519VerificationKey2020', publicAliasTemplate: 'no uri {publicKeyMultibase}'};
    await rejection(scene.onKeystore('GenerateKeyOperation', target));
    expect(scene.erased).to.deep.equal(scene.made);
    expect(scene.made).to.have.length(1);
  });

  it('is erased of a version that another took the number of', async () => {
    const scene = new Scene();
    const key = await scene.store(HMAC);
    scene.keys.beforeUpdate = async () => {
      scene.keys.beforeUpdate = () => undefined;
      await scene.onKey(key, 'RotateKeyOperation');
    };
    await scene.onKey(key, 'RotateKeyOperation');
    const {versions} = (await scene.current(key))!;
    expect(versions).to.have.length(3);
    expect(scene.made).to.have.length(3);
    const stored = versions.map(({material}) => material);
    expect(scene.erased).to.have.length(1);
    expect(scene.made.filter((material) => !stored.includes(material))).to.deep.equal(scene.erased);
  });

  it('is erased of a rotation that was refused in the end, or is not due any more', async () => {
    const scene = new Scene();
    const key = await scene.store(HMAC);
    scene.keys.beforeUpdate = async () => {
      scene.keys.beforeUpdate = () => undefined;
      await scene.onKey(key, 'DisableKeyOperation');
    };
    await rejection(scene.onKey(key, 'RotateKeyOperation'));
    expect(scene.erased).to.deep.equal(scene.made);
    expect(scene.made).to.have.length(1);

    const other = await scene.store(HMAC);
    scene.keys.beforeUpdate = async () => {
      scene.keys.beforeUpdate = () => undefined;
      await scene.onKey(other, 'UpdateKeyOperation', {description: 'changed'});
    };
    const isDue = ({description}: KeyRecord): boolean => description === undefined;
    expect(await scene.service.rotate(keystore, other.localKeyId, {if: isDue})).to.equal(undefined);
    expect(scene.erased).to.deep.equal(scene.made);
    expect(scene.made).to.have.length(2);
  });

  it('is left where nobody knows whether a rotation was stored', async () => {
    const scene = new Scene();
    const key = await scene.store(HMAC);
    scene.keys.beforeUpdate = () => {
      throw new OutcomeUnknownError('No answer.');
    };
    await rejection(scene.onKey(key, 'RotateKeyOperation'));
    expect([scene.made.length, scene.erased.length]).to.deep.equal([1, 0]);
  });

  it('is complained of where it cannot be erased; the change is made all the same', async () => {
    const scene = new Scene();
    const key = await scene.store(AES, {versions: 2});
    await scene.onKey(key, 'DisableKeyOperation', {keyVersion: 1});
    const err = (scene.stuck = new Error('No.'));
    await scene.onKey(key, 'DeleteKeyOperation', {keyVersion: 1});
    expect((await scene.current(key))?.versions[0]?.state).to.equal('destroyed');
    const url = `${KEYSTORE.id}/keys/${key.localKeyId}`;
    expect(scene.warnings).to.deep.equal([{key: url, version: 1, err}]);
  });
});
