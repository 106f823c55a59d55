import {expect} from 'chai';
import type {KeyModule, KeyTypeSupport} from '../../lib/key-modules/key-module.ts';
import {offeredKeyType, offeredKeyTypes, wholeSupport} from '../../lib/key-modules/key-type-support.ts';
import {supportProblems} from '../../lib/key-modules/support-problems.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';

const RSA = 'urn:webkms:multikey:RSA-2048';
const AES = 'urn:webkms:symmetric:AES-256-GCM';
const SIGNS: KeyTypeSupport = {
  operations: ['verify', 'sign'],
  signatureAlgorithms: ['RS256', 'PS256'],
  importable: false,
  extractable: false,
};

/** A module that declares this, of any type that is named. */
function declaring(support: unknown, ...names: readonly string[]): KeyModule {
  return {keyType: (type: string) => (names.includes(type) ? support : undefined)} as unknown as KeyModule;
}

describe('what a key module declares', () => {
  it('narrows the type, in the order of its own', () => {
    const module = declaring(SIGNS, RSA);
    const offered = offeredKeyType(module, RSA);
    expect(offered).to.deep.equal({
      ...withoutEncryption(),
      operations: ['sign', 'verify'],
      signatureAlgorithms: ['PS256', 'RS256'],
      importable: false,
      extractable: false,
    });
    expect(offeredKeyType(module, RSA)).to.equal(offered);
    expect(offeredKeyTypes(module)).to.deep.equal([RSA]);
  });

  it('never widens it', () => {
    const module = declaring({...SIGNS, operations: ['sign', 'wrapKey', 'constructor']}, AES);
    expect(offeredKeyType(module, AES)?.operations).to.deep.equal([]);
    for (const name of ['constructor', '__proto__', 'Ed25519', '']) {
      expect(offeredKeyType(declaring(SIGNS, name), name), name).to.equal(undefined);
    }
  });

  it('may be one object for several types', () => {
    const support = {operations: ['sign', 'verify'], signatureAlgorithms: ['EdDSA'], importable: true};
    const names = ['Ed25519VerificationKey2020', 'Ed25519VerificationKey2018'];
    const module = declaring({...support, extractable: true}, ...names);
    expect(names.map((name) => offeredKeyType(module, name)?.name)).to.deep.equal(names);
  });

  it('may be all that there is', () => {
    for (const type of Object.values(KEY_TYPES)) {
      const offered = offeredKeyType({keyType: wholeSupport}, type.name);
      expect(offered).to.deep.equal({...type, importable: true, extractable: true});
    }
    expect(wholeSupport('constructor')).to.equal(undefined);
  });

  it('is looked at before the module is used', () => {
    const problems = (support: object, functions: object = {}): string =>
      supportProblems({...declaring({...SIGNS, ...support}, RSA), ...functions}).join(' ');
    expect(problems({})).to.equal('');
    const declares = `Of ${RSA} it declares `;
    for (const [support, problem] of [
      [{operations: []}, 'operations that the type does not have, or none.'],
      [{operations: ['wrapKey']}, 'operations that the type does not have, or none.'],
      [{operations: 'sign'}, 'operations that the type does not have, or none.'],
      [
        {signatureAlgorithms: ['RS256']},
        "signature algorithms that are not some of the type's, PS256 among them.",
      ],
      [
        {signatureAlgorithms: undefined},
        "signature algorithms that are not some of the type's, PS256 among them.",
      ],
      [
        {signatureAlgorithms: ['PS256', 'ES256']},
        "signature algorithms that are not some of the type's, PS256 among them.",
      ],
      [
        {operations: ['sign', 'decrypt']},
        "encryption algorithms that are not some of the type's, RSA-OAEP-256 among them.",
      ],
      [{importable: 1}, 'neither true nor false for "importable" or "extractable".'],
      [{importable: true}, 'that keys can be imported, and there is no importKey.'],
      [{extractable: true}, 'that keys are extractable, and there is no exportKey.'],
    ] as const) {
      expect(problems(support), JSON.stringify(support)).to.equal(declares + problem);
    }
    expect(supportProblems(declaring(null, RSA))).to.deep.equal([`${declares}what is no object.`]);
    expect(supportProblems(declaring(SIGNS))).to.deep.equal(['It has no key type.']);
    const both = {importKey: () => undefined, exportKey: () => undefined};
    expect(problems({importable: true, extractable: true}, both)).to.equal('');
  });
});

function withoutEncryption(): object {
  const {encryptionAlgorithms, ...rest} = KEY_TYPES[RSA];
  expect(encryptionAlgorithms).to.not.equal(undefined);
  return rest;
}
