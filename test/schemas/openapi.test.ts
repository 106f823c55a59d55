import {Ajv2020} from 'ajv/dist/2020.js';
import {expect} from 'chai';
import {HEALTH_ROUTES, KMS_ROUTES} from '../../lib/http/router.ts';
import {API_CONTRACT} from '../../schemas/api-contract.ts';
import {KMS_OPERATIONS} from '../../schemas/kms-operations.ts';
import {openApiDocument} from '../../schemas/openapi.ts';

type Json = Readonly<Record<string, unknown>>;

const ROUTES = [...KMS_ROUTES, ...HEALTH_ROUTES];

describe('OpenAPI document', () => {
  const document = openApiDocument(ROUTES);
  const paths = document['paths'] as Record<string, Record<string, Json>>;
  const {schemas} = document['components'] as {readonly schemas: Readonly<Record<string, Json>>};

  it('has every route, and the contract no other', () => {
    const operationIds = Object.values(paths).flatMap((item) =>
      Object.values(item).map(({operationId}) => operationId),
    );
    expect(operationIds).to.have.members(ROUTES.map(({name}) => name));
    expect(Object.keys(API_CONTRACT)).to.have.members(ROUTES.map(({name}) => name));
  });

  it('declares the parameters of every path', () => {
    for (const [path, item] of Object.entries(paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const {parameters} of Object.values(item)) {
        const declared = (parameters as Json[]).filter((parameter) => parameter['in'] === 'path');
        expect(declared.map(({name}) => name)).to.deep.equal(names);
      }
    }
  });

  it('refers to nothing that is missing, and keeps nothing unused', () => {
    const text = JSON.stringify(document);
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(new Set(names)).to.deep.equal(new Set(Object.keys(schemas)));
  });

  it('holds the schema of every operation, word for word', () => {
    for (const [type, {body}] of Object.entries(KMS_OPERATIONS)) {
      expect(resolve(schemas[type])).to.deep.equal(JSON.parse(JSON.stringify(body)));
    }
  });

  it('says in a sentence what each operation does', () => {
    for (const type of Object.keys(KMS_OPERATIONS)) {
      expect(schemas[type]!['description'], type)
        .to.be.a('string')
        .that.matches(/^[A-Z].*\.$/);
    }
  });

  /** With what it refers to in place. */
  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const {$ref} = value as {readonly $ref?: string};
    if ($ref !== undefined) return resolve(schemas[$ref.replace('#/components/schemas/', '')]);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolve(member)]));
  }

  it('takes each reply and each body as what it is', () => {
    const ajv = new Ajv2020({strict: false, formats: {cidr: true}});
    const schemaAt = (path: string, ...members: readonly string[]): object =>
      members.reduce<unknown>((value, member) => (value as Json)[member], resolve(paths[path])) as object;
    const json = ['content', 'application/json', 'schema'];
    const [keys, key] = ['/kms/keystores/{keystore}/keys', '/kms/keystores/{keystore}/keys/{key}'];
    const id = 'https://kms.example/kms/keystores/z1/keys/z1';
    const description = {
      '@context': 'https://w3id.org/webkms/v1',
      id,
      type: 'urn:webkms:symmetric:AES-256-GCM',
      controller: 'did:x:y',
    };
    const changed = {keyId: id, keyDescription: description};
    for (const [path, reply] of [
      [keys, changed],
      [key, {ciphertext: `webkms:v1:${'A'.repeat(60)}`}],
      [key, {verified: true}],
      [key, {secret: 'AAAA'}],
    ] as const) {
      const accepts = ajv.compile(schemaAt(path, 'post', 'responses', '200', ...json));
      expect(accepts(reply), `${JSON.stringify(reply)} ${ajv.errorsText(accepts.errors)}`).to.equal(true);
      expect(accepts({...reply, stranger: 1})).to.equal(false);
    }
    const takes = ajv.compile(schemaAt(key, 'post', 'requestBody', ...json));
    const encrypt = {type: 'EncryptOperation', invocationTarget: id, plaintext: 'AAAA'};
    expect(takes(encrypt), ajv.errorsText(takes.errors)).to.equal(true);
    expect(takes({...encrypt, type: 'SignOperation'})).to.equal(false);
  });

  it('declares how health is refused', () => {
    const statuses = (path: string): string[] => Object.keys(paths[path]!['get']!['responses'] as object);
    expect(statuses('/health/live')).to.deep.equal(['200', '429']);
    expect(statuses('/health/ready')).to.deep.equal(['200', '429', '503']);
  });

  it('asks for an invocation on every route but those for health', () => {
    for (const [path, item] of Object.entries(paths)) {
      for (const {security} of Object.values(item)) {
        expect(security !== undefined, path).to.equal(!path.startsWith('/health/'));
      }
    }
  });
});
