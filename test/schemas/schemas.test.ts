import {Ajv2020} from 'ajv/dist/2020.js';
import {expect} from 'chai';
import {isCidr} from '../../lib/validation/cidr.ts';
import {errorBody as toErrorBody} from '../../lib/http/error-body.ts';
import {NotAllowedError, NotFoundError, ValidationError} from '../../lib/errors.ts';
import {API_CONTRACT, type RouteContract} from '../../schemas/api-contract.ts';
import {errorBody} from '../../schemas/error-body.ts';
import type {Schema} from '../../schemas/json-schema.ts';
import {generateKeyReply} from '../../schemas/operations/generate-key.ts';
import {delegatedZcap} from '../../schemas/revocations.ts';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';
import {descriptionOf, generateRecord, KEY_URL} from '../operations/fixtures.ts';

/** Stricter than at run time: the schemas themselves are checked too. */
const ajv = new Ajv2020({
  strict: true,
  // What one of several may require is described once for all of them.
  strictRequired: false,
  allowUnionTypes: true,
  formats: {cidr: isCidr},
});
const accepts = (schema: Schema, value: unknown) => ajv.validate(schema as object, value);

function schemasOf({body = [], query, reply}: RouteContract): readonly Schema[] {
  return [...body, ...(query ? [query] : []), ...(reply.body ?? [])];
}

describe('schemas of the wire contract', () => {
  for (const [name, contract] of Object.entries<RouteContract>(API_CONTRACT)) {
    it(`${name}: are valid JSON Schema 2020-12`, () => {
      for (const schema of [...schemasOf(contract), errorBody]) {
        expect(ajv.validateSchema(schema as object), ajv.errorsText()).to.equal(true);
        expect(() => ajv.compile(schema as object)).to.not.throw();
      }
    });
  }

  it('describe the error body that is sent', () => {
    const issue = {name: 'ValidationError', message: 'm', details: {path: '', keyword: 'type'}} as const;
    const errors = [new NotFoundError('m'), new NotAllowedError('r', 'm'), new ValidationError('v', [issue])];
    for (const error of errors) expect(accepts(errorBody, toErrorBody(error))).to.equal(true);
    expect(accepts(errorBody, {})).to.equal(false);
  });

  it('describe the descriptions of every key type', async () => {
    for (const {name} of Object.values(KEY_TYPES)) {
      const record = await generateRecord(name);
      const reply = {keyId: KEY_URL, keyDescription: descriptionOf(record)};
      expect(accepts(generateKeyReply, reply), ajv.errorsText()).to.equal(true);
    }
  });

  it('outline a delegated capability', () => {
    const zcap = {
      '@context': ['https://w3id.org/zcap/v1', 'https://w3id.org/security/suites/ed25519-2020/v1'],
      id: 'urn:uuid:1',
      controller: 'did:example:1',
      parentCapability: 'urn:zcap:root:1',
      invocationTarget: 'https://localhost:9443/kms/keystores/z1A',
      expires: '2026-11-22T00:00:00Z',
      proof: {type: 'Ed25519Signature2020'},
    };
    // R44: what can be invoked can be revoked, whichever way it is spelled.
    for (const spelling of [
      {},
      {allowedAction: 'sign'},
      {allowedAction: ['sign', 'a'.repeat(10_000)]},
      {controller: ['did:example:1']},
    ]) {
      expect(accepts(delegatedZcap, {...zcap, ...spelling}), ajv.errorsText()).to.equal(true);
    }
    for (const member of Object.keys(zcap)) {
      expect(accepts(delegatedZcap, {...zcap, [member]: undefined}), member).to.equal(false);
    }
    for (const flaw of [
      {caveat: []},
      {invoker: 'did:example:1'},
      {allowedAction: []},
      {allowedAction: ''},
      {proof: []},
    ]) {
      expect(accepts(delegatedZcap, {...zcap, ...flaw}), JSON.stringify(flaw)).to.equal(false);
    }
  });
});
