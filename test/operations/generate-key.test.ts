import {expect} from 'chai';
import {LOCAL_ID_PATTERN} from '../../lib/encoding/local-id.ts';
import {KmsError, MalformedRequestError, NotSupportedError} from '../../lib/errors.ts';
import type {GeneratedKey, KeyModule} from '../../lib/key-modules/key-module.ts';
import {wholeSupport} from '../../lib/key-modules/key-type-support.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';
import {planGenerateKey} from '../../lib/operations/generate-key.ts';
import type {OperationBody} from '../../schemas/kms-operations.ts';
import {descriptionOf, KEYSTORE, NEW_KEYS, software} from './fixtures.ts';

type Target = OperationBody<'GenerateKeyOperation'>['invocationTarget'];

const CREATED_AT = Date.UTC(2026, 10, 22);

function plan(invocationTarget: Target, module: KeyModule = software) {
  return planGenerateKey(
    {type: 'GenerateKeyOperation', invocationTarget},
    {...NEW_KEYS, module, now: CREATED_AT},
  );
}

/** The software module, of which the keys made are counted. */
function countingModule(): {module: KeyModule; made: () => number} {
  let made = 0;
  const module: KeyModule = Object.create(software, {
    keyType: {value: (type: string) => (type === 'Sha256HmacKey2019' ? undefined : wholeSupport(type))},
    generateKey: {
      value: async (...args: Parameters<KeyModule['generateKey']>): Promise<GeneratedKey> => {
        made += 1;
        return software.generateKey(...args);
      },
    },
  }) as KeyModule;
  return {module, made: () => made};
}

describe('GenerateKeyOperation', () => {
  for (const {name, descriptionType, context, publicKey} of Object.values(KEY_TYPES)) {
    it(`makes a key of type ${name}`, async () => {
      const record = await plan({type: name})();
      const {localKeyId, versions, ...rest} = record;
      expect(localKeyId).to.match(new RegExp(`^${LOCAL_ID_PATTERN}$`));
      expect(rest).to.deep.equal({
        keystoreId: KEYSTORE.id,
        type: name,
        sequence: 0,
        createdAt: CREATED_AT,
        updatedAt: CREATED_AT,
        origin: 'generated',
        state: 'enabled',
      });
      expect(versions).to.have.length(1);
      expect(versions[0]).to.include({version: 1, createdAt: CREATED_AT, state: 'enabled'});
      expect(versions[0]!.publicKey?.length).to.equal(publicKey?.length);
      expect(versions[0]!.material!.length).to.be.greaterThan(0);
      expect(versions[0]!.dataKeyVersionId).to.be.a('string').and.not.empty;
      expect(descriptionOf(record)).to.include({
        '@context': context,
        id: `${KEYSTORE.id}/keys/${localKeyId}`,
        type: descriptionType,
        controller: KEYSTORE.controller,
      });
    });
  }

  it('makes every key under an id of its own', async () => {
    const target = {type: 'Sha256HmacKey2019'};
    const [first, second] = [await plan(target)(), await plan(target)()];
    expect(first.localKeyId).to.not.equal(second.localKeyId);
  });

  it('keeps the settings, and describes the key by its alias', async () => {
    const type = 'Ed25519VerificationKey2020';
    const aliased = await plan({type, maxCapabilityChainLength: 1, publicAlias: 'did:example:1#key'})();
    expect(aliased).to.include({maxCapabilityChainLength: 1, publicAlias: 'did:example:1#key'});
    expect(aliased).to.not.have.property('publicAliasTemplate');
    expect(descriptionOf(aliased).id).to.equal('did:example:1#key');

    const publicAliasTemplate = 'did:key:{publicKeyMultibase}#{publicKeyMultibase}';
    const templated = await plan({type, publicAliasTemplate})();
    const {id, publicKeyMultibase} = descriptionOf(templated);
    expect(templated).to.include({publicAliasTemplate});
    expect(templated).to.not.have.any.keys('publicAlias', 'maxCapabilityChainLength');
    expect(id).to.equal(`did:key:${publicKeyMultibase}#${publicKeyMultibase}`);
  });

  it('refuses types that there are not, and tells those that there are', () => {
    for (const type of ['constructor', '__proto__', 'Ed25519', 'ed25519VerificationKey2020', '']) {
      try {
        plan({type});
        expect.fail(type);
      } catch (error) {
        expect(error, type).to.be.instanceOf(NotSupportedError);
        expect(error).to.have.deep.property('details', {supported: Object.keys(KEY_TYPES)});
      }
    }
  });

  it('refuses types that the key module does not support', async () => {
    const {module, made} = countingModule();
    try {
      plan({type: 'Sha256HmacKey2019'}, module);
      expect.fail('It was planned.');
    } catch (error) {
      expect(error).to.be.instanceOf(NotSupportedError);
      expect((error as NotSupportedError).details?.['supported'])
        .to.include('AesKeyWrappingKey2019')
        .and.to.not.include('Sha256HmacKey2019');
    }
    expect(made()).to.equal(0);
    await plan({type: 'AesKeyWrappingKey2019'}, module)();
    expect(made()).to.equal(1);
  });

  it('refuses a bad alias before it makes anything', () => {
    const {module, made} = countingModule();
    const type = 'Ed25519VerificationKey2020';
    const cases: [Target, string][] = [
      [{type, publicAlias: 'did:a:b', publicAliasTemplate: 'did:a:b'}, 'Only one of'],
      [{type: 'AesKeyWrappingKey2019', publicAlias: 'did:a:b'}, 'Only a key with a public key'],
      [{type: 'AesKeyWrappingKey2019', publicAliasTemplate: 'did:a:b'}, 'Only a key with a public key'],
      [{type, publicAlias: 'no URI'}, 'must give an absolute URI'],
    ];
    for (const [target, reason] of cases) {
      expect(() => plan(target, module), JSON.stringify(target)).to.throw(MalformedRequestError, reason);
    }
    expect(made()).to.equal(0);
    expect(plan({type, publicAlias: 'did:a:b'}, module)).to.be.a('function');
  });

  it('keeps what else is said of a key, checked', async () => {
    const type = 'urn:webkms:multikey:RSA-2048';
    const members = {
      keyOps: ['verify', 'sign'] as const,
      tags: {name: 'signer', team: 'a b'},
      description: 'Signs.',
      policy: {allowedAlgorithms: ['PS256'], rotation: {afterSeconds: 60}},
    };
    const record = await plan({type, ...members, keyOps: [...members.keyOps]})();
    expect(record).to.deep.include({
      ...{keyOps: ['sign', 'verify'], tags: members.tags, description: 'Signs.', policy: members.policy},
      dueAt: CREATED_AT + 60_000,
    });
    const refused: [Partial<Target>, string][] = [
      [{keyOps: ['deriveSecret']}, '"keyOps"'],
      [{tags: {name: ''}}, 'tag "name"'],
      [{tags: {'a=b': ''}}, "tag's name"],
      [{description: 'a\nb'}, '"description"'],
      [{policy: {allowedAlgorithms: ['EdDSA']}}, '"policy.allowedAlgorithms"'],
      [{policy: {minDecryptVersion: 2}}, '"policy.minDecryptVersion"'],
    ];
    for (const [flaw, reason] of refused) {
      expect(() => plan({type, ...flaw}), JSON.stringify(flaw)).to.throw(KmsError, reason);
    }
  });
});
