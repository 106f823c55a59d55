import {createPublicKey} from 'node:crypto';
import {expect} from 'chai';
import {compactVerify, importJWK, jwtVerify} from 'jose';
import {
  didOfKey,
  signStatement,
  StatementError,
  verifyStatement,
  type StatementClaims,
} from '../../lib/self-check/statement.ts';
import {controller} from '../support/did-key.ts';

const node = controller('a node');
const other = controller('another node');
const claims: StatementClaims = {
  iss: node.did,
  iat: 1_800_000_000,
  nonce: 'a nonce',
  version: '1.2.3',
  node: 'v24.15.0',
  baseUrl: 'https://localhost:9443',
  started: 1_700_000_000,
  mode: 'enforce',
  selfCheck: 'passed',
  digest: 'abc',
  findings: 0,
  checked: 1_800_000_000,
};
const statement = signStatement(claims, (data) => node.sign(data));
const [header = '', payload = '', signature = ''] = statement.split('.');
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
/** Signed by the node's own key. */
const signed = (head: object, body: object): string => {
  const input = `${encoded(head)}.${encoded(body)}`;
  return `${input}.${node.sign(Buffer.from(input)).toString('base64url')}`;
};

describe('a statement of a server', () => {
  it('verifies with jose, as a JWS and as a JWT', async () => {
    const key = await importJWK({
      ...createPublicKey(node.publicKey.export({format: 'pem', type: 'spki'})).export({format: 'jwk'}),
      alg: 'EdDSA',
    });
    const {protectedHeader} = await compactVerify(statement, key);
    expect(protectedHeader).to.deep.equal({alg: 'EdDSA', typ: 'webkms-attestation+jwt', kid: node.keyId});
    const verified = await jwtVerify(statement, key, {issuer: node.did, typ: 'webkms-attestation+jwt'});
    expect(verified.payload).to.deep.equal(claims);
  });

  it('verifies here, for the key that is known', () => {
    const raw = node.publicKey.export({format: 'der', type: 'spki'}).subarray(-32);
    expect(didOfKey(raw)).to.equal(node.did);
    expect(verifyStatement(statement, node.did)).to.deep.equal(claims);
    expect(verifyStatement(signed(decoded(header), claims), node.did)).to.deep.equal(claims);
  });

  const refused: Readonly<Record<string, readonly [text: string, did: string, message: RegExp]>> = {
    'of another key': [statement, other.did, /another key/],
    'of another key that says it is this one': [
      signStatement(claims, (data) => other.sign(data)),
      node.did,
      /signature of the statement is wrong/,
    ],
    'with other claims': [
      [header, encoded({...claims, selfCheck: 'none'}), signature].join('.'),
      node.did,
      /signature/,
    ],
    'about another server': [
      signed(decoded(header), {...claims, iss: other.did}),
      node.did,
      /another server/,
    ],
    'of another type': [
      signed({...decoded(header), typ: 'JWT'}, claims),
      node.did,
      /no statement of a server/,
    ],
    'by another algorithm': [signed({...decoded(header), alg: 'none'}, claims), node.did, /no statement/],
    'with a header that nobody knows': [
      signed({...decoded(header), crit: ['b64']}, claims),
      node.did,
      /no statement/,
    ],
    'that is no object': [signed(decoded(header), []), node.did, /no statement/],
    'with a name twice': [
      `${header}.${Buffer.from('{"iss":1,"iss":2}').toString('base64url')}.${signature}`,
      node.did,
      /signature/,
    ],
    'without a signature': [`${header}.${payload}.`, node.did, /signature/],
    'in two parts': [`${header}.${payload}`, node.did, /no statement/],
    'with padding': [`${statement}=`, node.did, /no statement/],
    'too long': [statement.padEnd(20_000, 'A'), node.did, /no statement/],
    'for a key that is none': [statement, 'did:key:z6Mk', /no did:key/],
    'for a key of another method': [statement, 'did:web:example.com', /no did:key/],
  };
  for (const [name, [text, did, message]] of Object.entries(refused)) {
    it(`is refused: one ${name}`, () => {
      expect(() => verifyStatement(text, did)).to.throw(StatementError, message);
    });
  }
});
