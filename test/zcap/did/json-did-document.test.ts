import {expect} from 'chai';
import type {DidRefusal} from '../../../lib/zcap/did/did-error.ts';
import {JsonDidDocument} from '../../../lib/zcap/did/json-did-document.ts';
import {encodeEd25519} from '../../support/did-key.ts';
import {alice, didDocument, type Json, mallory, methodNode} from './did-documents.ts';
import {expectDidError} from './expect-did-refusal.ts';

const DID = 'did:web:issuer.example';
const KEY_ID = `${DID}#key-1`;
const NOW = Date.parse('2026-11-22T12:00:00Z');

const jwk = {kty: 'OKP', crv: 'Ed25519', x: alice.publicKey.export({format: 'jwk'}).x};
const jwkNode = (changes: Json = {}, nodeChanges: Json = {}) =>
  methodNode(DID, {
    type: 'JsonWebKey2020',
    publicKeyMultibase: undefined,
    publicKeyJwk: {...jwk, ...changes},
    ...nodeChanges,
  });

const documentWith = (node: unknown) =>
  new JsonDidDocument(didDocument(DID, {verificationMethod: [node]}), DID);
const methodIn = (node: unknown) => documentWith(node).method(KEY_ID, NOW);

describe('DID documents', () => {
  const accepted: readonly [what: string, node: Json][] = [
    ['Multikey', methodNode(DID)],
    ['Ed25519VerificationKey2020', methodNode(DID, {type: 'Ed25519VerificationKey2020'})],
    ['JsonWebKey2020', jwkNode()],
    ['JsonWebKey', jwkNode({}, {type: 'JsonWebKey'})],
    ['a relative id', methodNode(DID, {id: '#key-1'})],
    ['an expiry to come', methodNode(DID, {expires: '2026-11-22T12:00:00.001Z'})],
    ['members that are not known', methodNode(DID, {comment: 'mine', created: '2026-01-01T00:00:00Z'})],
  ];
  for (const [what, node] of accepted) {
    it(`R9 takes a verification method: ${what}`, () => {
      const method = methodIn(node);
      expect(method).to.include({
        id: KEY_ID,
        controller: DID,
        publicKeyMultibase: alice.publicKeyMultibase,
      });
      expect(method.keyObject.equals(alice.publicKey)).to.equal(true);
      expect(
        documentWith(node)
          .usableMethods(NOW)
          .map(({id}) => id),
      ).to.deep.equal([KEY_ID]);
    });
  }

  const smallOrder = Buffer.alloc(32);
  const refusals: readonly [refusal: DidRefusal, what: string, node: Json, twin: Json][] = [
    ['key', 'another type', methodNode(DID, {type: 'Ed25519VerificationKey2018'}), methodNode(DID)],
    ['key', 'two types', methodNode(DID, {type: ['Multikey']}), methodNode(DID)],
    ['key', 'a type that every object has', methodNode(DID, {type: 'constructor'}), methodNode(DID)],
    ['key', 'no key', methodNode(DID, {publicKeyMultibase: undefined}), methodNode(DID)],
    [
      'key',
      'a key that is no string',
      methodNode(DID, {publicKeyMultibase: [alice.publicKeyMultibase]}),
      methodNode(DID),
    ],
    [
      'key',
      'X25519',
      methodNode(DID, {publicKeyMultibase: 'z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc'}),
      methodNode(DID),
    ],
    [
      'key',
      'a point of small order',
      methodNode(DID, {publicKeyMultibase: encodeEd25519(smallOrder)}),
      methodNode(DID),
    ],
    ['key', "another type's member", methodNode(DID, {type: 'JsonWebKey2020'}), jwkNode()],
    ['key', 'two keys', methodNode(DID, {publicKeyJwk: jwk}), methodNode(DID)],
    ['key', 'a published private key', methodNode(DID, {privateKeyMultibase: 'zrv1'}), methodNode(DID)],
    ['key', 'a published secret key', methodNode(DID, {secretKeyMultibase: 'z3u2'}), methodNode(DID)],
    ['key', 'a JWK with its private part', jwkNode({d: jwk.x}), jwkNode()],
    ['key', 'a JWK of another curve', jwkNode({crv: 'X25519'}), jwkNode()],
    ['key', 'a JWK of another kind', jwkNode({kty: 'EC'}), jwkNode()],
    ['key', 'a JWK without x', jwkNode({x: undefined}), jwkNode()],
    ['key', 'a JWK with sloppy base64url', jwkNode({x: `${jwk.x ?? ''}=`}), jwkNode()],
    ['key', 'a JWK of 31 bytes', jwkNode({x: Buffer.alloc(31, 7).toString('base64url')}), jwkNode()],
    ['key', 'a JWK of small order', jwkNode({x: smallOrder.toString('base64url')}), jwkNode()],
    ['key', 'a JWK that is a string', jwkNode({}, {publicKeyJwk: JSON.stringify(jwk)}), jwkNode()],
    ['revoked', 'a revocation', methodNode(DID, {revoked: '2020-01-01T00:00:00Z'}), methodNode(DID)],
    ['revoked', 'a revocation to come', methodNode(DID, {revoked: '2099-01-01T00:00:00Z'}), methodNode(DID)],
    ['revoked', 'a revocation that is null', methodNode(DID, {revoked: null}), methodNode(DID)],
    [
      'revoked',
      'an expiry that is now',
      methodNode(DID, {expires: '2026-11-22T12:00:00Z'}),
      methodNode(DID, {expires: '2026-11-22T12:00:01Z'}),
    ],
    [
      'revoked',
      'an expiry that is no date',
      methodNode(DID, {expires: '2099-02-31T00:00:00Z'}),
      methodNode(DID, {expires: '2099-03-31T00:00:00Z'}),
    ],
    ['revoked', 'an expiry that is a number', methodNode(DID, {expires: 4_000_000_000}), methodNode(DID)],
    ['document', 'no controller', methodNode(DID, {controller: undefined}), methodNode(DID)],
    ['document', 'two controllers', methodNode(DID, {controller: [DID]}), methodNode(DID)],
    [
      'document',
      "a controller that is a key's DID URL",
      methodNode(DID, {controller: KEY_ID}),
      methodNode(DID),
    ],
    [
      'syntax',
      'a controller that is no DID',
      methodNode(DID, {controller: 'https://issuer.example'}),
      methodNode(DID),
    ],
  ];
  for (const [refusal, what, node, twin] of refusals) {
    it(`R9 refuses a verification method: ${what}`, () => {
      expectDidError(() => methodIn(node), refusal);
      expect(documentWith(node).usableMethods(NOW)).to.deep.equal([]);
      expect(methodIn(twin).id).to.equal(KEY_ID);
      expect(documentWith(twin).usableMethods(NOW)).to.have.length(1);
    });
  }

  const broken: readonly [what: string, document: unknown][] = [
    ['null', null],
    ['an array', [didDocument(DID)]],
    ['a string', JSON.stringify(didDocument(DID))],
    ['no id', didDocument(DID, {id: undefined})],
    ["somebody else's id", didDocument(DID, {id: 'did:web:other.example'})],
    ['the id in another case', didDocument(DID, {id: 'did:web:Issuer.example'})],
    ['methods that are no list', didDocument(DID, {verificationMethod: methodNode(DID)})],
    ['a method that is a string', didDocument(DID, {verificationMethod: [KEY_ID]})],
    ['a method that is null', didDocument(DID, {verificationMethod: [null]})],
    ['a method without id', didDocument(DID, {verificationMethod: [methodNode(DID, {id: undefined})]})],
    [
      "another document's method",
      didDocument(DID, {verificationMethod: [methodNode(DID, {id: 'did:web:other.example#key-1'})]}),
    ],
    [
      'a method of a longer DID',
      didDocument(DID, {verificationMethod: [methodNode(DID, {id: `${DID}:user#key-1`})]}),
    ],
    [
      'two methods of one id',
      didDocument(DID, {verificationMethod: [methodNode(DID), methodNode(DID, {}, mallory)]}),
    ],
    [
      'two methods of one id, one relative',
      didDocument(DID, {verificationMethod: [methodNode(DID), methodNode(DID, {id: '#key-1'}, mallory)]}),
    ],
    ['a method told again in its place', didDocument(DID, {authentication: [methodNode(DID, {}, mallory)]})],
    ['a relationship that is no list', didDocument(DID, {capabilityInvocation: KEY_ID})],
    ['a relationship that holds a number', didDocument(DID, {capabilityInvocation: [1]})],
  ];
  for (const [what, document] of broken) {
    it(`R51 refuses a document: ${what}`, () => {
      expectDidError(() => new JsonDidDocument(document, DID), 'document');
      expect(new JsonDidDocument(didDocument(DID), DID).method(KEY_ID, NOW).id).to.equal(KEY_ID);
    });
  }

  it('finds no method that is not there', () => {
    const document = new JsonDidDocument(didDocument(DID), DID);
    for (const id of [`${DID}#key-2`, '#key-1', DID, 'toString'])
      expectDidError(() => document.method(id, NOW), 'not-found');
    expect(document.method(KEY_ID, NOW)).to.equal(document.method(KEY_ID, NOW));
  });

  it('R9 reads references that are absolute, relative, and methods in their place', () => {
    const document = new JsonDidDocument(
      didDocument(DID, {
        capabilityInvocation: ['#key-1', methodNode(DID, {id: '#key-2'}), 'did:web:other.example#key'],
        capabilityDelegation: undefined,
      }),
      DID,
    );
    expect([...document.references('capabilityInvocation')]).to.deep.equal([
      KEY_ID,
      `${DID}#key-2`,
      'did:web:other.example#key',
    ]);
    expect(document.references('capabilityDelegation').size).to.equal(0);
    expect(document.method(`${DID}#key-2`, NOW).id).to.equal(`${DID}#key-2`);
  });

  it('R9 lets a method expire that was good before', () => {
    const document = documentWith(methodNode(DID, {expires: '2026-11-22T12:00:00Z'}));
    expect(document.method(KEY_ID, NOW - 1).id).to.equal(KEY_ID);
    expect(document.usableMethods(NOW - 1)).to.have.length(1);
    expectDidError(() => document.method(KEY_ID, NOW), 'revoked');
    expect(document.usableMethods(NOW)).to.have.length(0);
  });

  it('serves its good methods though others are strange', () => {
    const strange = {id: '#pqc', type: 'SomethingNew', controller: DID, publicKeyHex: '00'};
    const document = new JsonDidDocument(
      didDocument(DID, {verificationMethod: [strange, methodNode(DID)]}),
      DID,
    );
    expect(document.method(KEY_ID, NOW).id).to.equal(KEY_ID);
    expect(document.usableMethods(NOW).map(({id}) => id)).to.deep.equal([KEY_ID]);
  });
});
