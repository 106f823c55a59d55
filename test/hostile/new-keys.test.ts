import {expect} from 'chai';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import {invalid, malformed, unsupported, type Refusal} from './support/refusal.ts';

const shape = (...issues: readonly string[]) => invalid('GenerateKeyOperation', ...issues);
const NO_OPERATION = unsupported('KMS operation not supported.');
const NO_TYPE = unsupported("The key type is not one that the keystore's key module supports.");
const NOT_TEMPLATE = malformed('"publicAliasTemplate" must be a URI template (RFC 6570).');
const type = 'Ed25519VerificationKey2020';

const TARGETS: readonly Case[] = (
  [
    ...[
      'constructor',
      'toString',
      '__proto__',
      'ed25519verificationkey2020',
      'urn:webkms:multikey:',
      'urn:webkms:multikey:RSA',
      `${type}\0`,
      ` ${type}`,
    ].map((name) => [`type ${JSON.stringify(name)}`, {type: name}, NO_TYPE] as const),
    ['no type', {}, shape(".invocationTarget should have required property 'type'")],
    ['an empty type', {type: ''}, shape('.invocationTarget.type should NOT be shorter than 1 characters')],
    [
      'a type of 257 characters',
      {type: 'a'.repeat(257)},
      shape('.invocationTarget.type should NOT be longer than 256 characters'),
    ],
    ['a type that is an array', {type: [type]}, shape('.invocationTarget.type should be string')],
    ['a target that is a URL', 'https://example.com/', shape('.invocationTarget should be object')],
    ['a target that is an array', [{type}], shape('.invocationTarget should be object')],
    ['a target that is null', null, shape('.invocationTarget should be object')],
    [
      'an id of its own',
      {type, id: 'z1AAAAAAAAAAAAAAAAAAAAAAA'},
      shape('.invocationTarget should NOT have additional properties'),
    ],
    [
      'a private key of its own',
      {type, privateKeyMultibase: 'z'},
      shape('.invocationTarget should NOT have additional properties'),
    ],
    ...([0, -1, 11, 1.5, 1e300, '1', null, true] as const).map(
      (max) =>
        [
          `maxCapabilityChainLength ${JSON.stringify(max)}`,
          {type, maxCapabilityChainLength: max},
          shape(chainLengthIssue(max)),
        ] as const,
    ),
    [
      'both aliases',
      {type, publicAlias: 'did:a:b', publicAliasTemplate: 'did:a:b'},
      malformed('Only one of "publicAlias" and "publicAliasTemplate" may be given.'),
    ],
    [
      'an alias for a secret key',
      {type: 'Sha256HmacKey2019', publicAlias: 'did:a:b'},
      malformed('Only a key with a public key may have a public alias.'),
    ],
    ['a relative alias', {type, publicAlias: '/a'}, aliasIssue('publicAlias')],
    ['an alias with a line end', {type, publicAlias: 'did:a:b\nX'}, aliasIssue('publicAlias')],
    ['an alias with two fragments', {type, publicAlias: 'did:a:b#c#d'}, aliasIssue('publicAlias')],
    [
      'an empty alias',
      {type, publicAlias: ''},
      shape('.invocationTarget.publicAlias should NOT be shorter than 1 characters'),
    ],
    [
      'an alias of 8193 characters',
      {type, publicAlias: `did:a:${'b'.repeat(8187)}`},
      shape('.invocationTarget.publicAlias should NOT be longer than 8192 characters'),
    ],
    [
      'an alias template of 80 KB',
      {type, publicAliasTemplate: 'did:a:{publicKeyMultibase}'.padEnd(80 * 1024, 'b')},
      shape('.invocationTarget.publicAliasTemplate should NOT be longer than 2048 characters'),
    ],
    [
      'a template that grows beyond bounds',
      {type, publicAliasTemplate: `did:a:${'{id}'.repeat(500)}`},
      malformed('"publicAliasTemplate" gives more than 8192 characters.'),
    ],
    ['an unclosed template', {type, publicAliasTemplate: 'did:a:{id'}, NOT_TEMPLATE],
    ['nested braces', {type, publicAliasTemplate: 'did:a:{{id}}'}, NOT_TEMPLATE],
    ['a reserved operator', {type, publicAliasTemplate: 'did:a:{|id}'}, NOT_TEMPLATE],
    ['a prefix of 100000', {type, publicAliasTemplate: 'did:a:{id:100000}'}, NOT_TEMPLATE],
    [
      'a template that gives no URI',
      {type, publicAliasTemplate: '{constructor}'},
      aliasIssue('publicAliasTemplate'),
    ],
    [
      'a template over the prototype',
      {type, publicAliasTemplate: '{__proto__}{toString}{hasOwnProperty}'},
      aliasIssue('publicAliasTemplate'),
    ],
    ['a template with a space', {type, publicAliasTemplate: 'did:a: {id}'}, NOT_TEMPLATE],
  ] satisfies readonly (readonly [string, unknown, Refusal])[]
).map(([title, target, refusal]) => ({
  title: `a key with ${title}`,
  request: (s) => s.generating(target),
  refusal,
  // What a template gives is known only with the key.
  remembered: refusal === NOT_TEMPLATE || refusal.says.startsWith('"publicAliasTemplate"'),
}));

function aliasIssue(name: string): Refusal {
  return malformed(`"${name}" must give an absolute URI, such as "did:example:1#key-1".`);
}

function chainLengthIssue(max: unknown): string {
  const path = '.invocationTarget.maxCapabilityChainLength should be';
  if (!Number.isInteger(max)) return `${path} integer`;
  return Number(max) < 1 ? `${path} >= 1` : `${path} <= 10`;
}

const OPERATIONS: readonly Case[] = (
  [
    ...[
      'constructor',
      '__proto__',
      'toString',
      'SignOperation',
      'generatekeyoperation',
      'DeriveKeyOperation',
      '',
    ].map(
      (name) =>
        [`type ${JSON.stringify(name)}`, {type: name, invocationTarget: {type}}, NO_OPERATION] as const,
    ),
    ['no type', {invocationTarget: {type}}, invalid('KmsOperation', " should have required property 'type'")],
    [
      'a type that is an array',
      {type: ['GenerateKeyOperation']},
      invalid('KmsOperation', '.type should be string'),
    ],
    ['a type that is an object', {type: {}}, invalid('KmsOperation', '.type should be string')],
    ['null', null, invalid('KmsOperation', ' should be object')],
    ['an array', [], invalid('KmsOperation', ' should be object')],
    ['a string', 'GenerateKeyOperation', invalid('KmsOperation', ' should be object')],
    ['no target', {type: 'GenerateKeyOperation'}, shape(" should have required property 'invocationTarget'")],
    [
      'an unknown member',
      {type: 'GenerateKeyOperation', invocationTarget: {type}, proof: {}},
      shape(' should NOT have additional properties'),
    ],
    [
      'an inline context',
      {
        '@context': ['https://w3id.org/webkms/v1', {a: 'b'}],
        type: 'GenerateKeyOperation',
        invocationTarget: {type},
      },
      shape("['@context'][1] should be string"),
    ],
    [
      'another context',
      {
        '@context': ['https://example.com/', 'https://example.com/'],
        type: 'GenerateKeyOperation',
        invocationTarget: {type},
      },
      shape("['@context'][0] should be equal to constant"),
    ],
    [
      'a context of 90 KB',
      {
        '@context': ['https://w3id.org/webkms/v1', 'a'.repeat(90 * 1024)],
        type: 'GenerateKeyOperation',
        invocationTarget: {type},
      },
      shape("['@context'][1] should NOT be longer than 1024 characters"),
    ],
  ] satisfies readonly (readonly [string, unknown, Refusal])[]
).map(([title, json, refusal]) => ({
  title: `an operation on a keystore with ${title}`,
  request: (s) => s.generating(undefined, {json}),
  refusal,
}));

describe('hostile: new keys', () => {
  const scene = useScene();
  itRefuses(scene, [...TARGETS, ...OPERATIONS], {twin: (s) => s.generating()});

  it('a context is never fetched', async () => {
    const s = scene();
    s.outbound.attempts.length = 0;
    const json = {
      '@context': ['https://w3id.org/webkms/v1', `${s.server.baseUrl}/context`],
      type: 'GenerateKeyOperation',
      invocationTarget: {type},
    };
    await s.accepted(s.generating(undefined, {json}));
    expect(s.outbound.attempts).to.deep.equal([]);
  });
});
