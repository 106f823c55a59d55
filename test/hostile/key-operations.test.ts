import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {changed, GOOD, operation} from './support/operations.ts';
import {invalid, malformed, NO_KEY, unsupported} from './support/refusal.ts';

const NOT_SUPPORTED = unsupported('The key does not support this operation.');
const NO_OPERATION = unsupported('KMS operation not supported.');
const ELSEWHERE = malformed('The "invocationTarget" of the operation is not the URL it was sent to.');
const notBase64url = (name: string) => malformed(`"${name}" must be unpadded base64url.`);

const SLOPPY = ['A', 'AB', 'AAA=', 'AA==', 'AA+/', 'AA AA', 'AAAAA', 'AAB'] as const;
const ALPHABET = '"^[A-Za-z0-9_-]*$"';

const MEMBERS: readonly Case[] = [
  ...Object.entries(GOOD).flatMap(([action, [, members]]) =>
    Object.keys(members).flatMap((member): Case[] => {
      const validator = `${action[0]?.toUpperCase() ?? ''}${action.slice(1)}Operation`;
      const wanted = member === 'publicKey' ? 'object' : 'string';
      return [
        {
          title: `${action} without ${member}`,
          request: changed(action, {[member]: undefined}),
          refusal: invalid(validator, ` should have required property '${member}'`),
        },
        ...[null, 1, ['AAAA']].map((value): Case => ({
          title: `${action} with ${member} ${JSON.stringify(value)}`,
          request: changed(action, {[member]: value}),
          refusal: invalid(validator, `.${member} should be ${wanted}`),
        })),
        ...(wanted === 'string' ? SLOPPY : []).map((value): Case => ({
          title: `${action} with sloppy base64url ${JSON.stringify(value)} as ${member}`,
          request: changed(action, {[member]: value}),
          refusal: /^[A-Za-z0-9_-]*$/.test(value)
            ? notBase64url(member)
            : invalid(validator, `.${member} should match pattern ${ALPHABET}`),
        })),
        {
          title: `${action} with an unknown member`,
          request: changed(action, {surprise: true}),
          refusal: invalid(validator, ' should NOT have additional properties'),
        },
        {
          title: `${action} with another context`,
          request: changed(action, {'@context': 'https://example.com/'}),
          refusal: invalid(validator, "['@context'] should be equal to constant"),
        },
      ];
    }),
  ),
].map((one) => ({twin: changed(one.title.split(' ')[0] ?? '', {}), ...one}));

const TARGETS: readonly Case[] = [
  ...(
    [
      ["another key's", (s) => s.keys.second],
      ["the keystore's", (s) => s.keystore],
      ['with a query', (s) => `${s.keys.ed25519}?a=b`],
      ['with a trailing slash', (s) => `${s.keys.ed25519}/`],
      ['of http', (s) => s.keys.ed25519.replace('https', 'http')],
    ] satisfies readonly [string, (s: HostileScene) => string][]
  ).map(([title, target]): Case => ({
    title: `R36 an invocationTarget ${title}`,
    request: (s) => operation(s, s.keys.ed25519, 'sign', {verifyData: 'AAAA', invocationTarget: target(s)}),
    refusal: ELSEWHERE,
  })),
  ...(
    ['constructor', '__proto__', 'toString', 'GenerateKeyOperation', 'signOperation', 'Sign', ''] as const
  ).map((type): Case => ({
    title: `an operation of type ${JSON.stringify(type)}`,
    request: (s) => s.signing({json: {type, invocationTarget: s.keys.ed25519}}),
    refusal: NO_OPERATION,
  })),
  ...(['wrapKey', 'unwrapKey', 'deriveSecret'] as const).map((action): Case => ({
    title: `${action} by a key that signs`,
    request: (s) => operation(s, s.keys.ed25519, action, GOOD[action]?.[1]),
    refusal: NOT_SUPPORTED,
  })),
  ...(['hmac', 'kek', 'x25519'] as const).map((name): Case => ({
    title: `another operation by ${name}`,
    request: (s) =>
      operation(
        s,
        s.keys[name],
        name === 'hmac' ? 'wrapKey' : 'sign',
        GOOD[name === 'hmac' ? 'wrapKey' : 'sign']?.[1],
      ),
    refusal: NOT_SUPPORTED,
  })),
  {
    title: 'a key that is not there',
    request: (s) =>
      operation(s, `${s.keystore}/keys/z1BBBBBBBBBBBBBBBBBBBBBBB`, 'sign', {verifyData: 'AAAA'}),
    refusal: NO_KEY,
  },
  {
    title: "another keystore's key in this one",
    request: (s) => {
      const url = s.foreign.keys.ed25519.replace(s.foreign.keystore, s.keystore);
      return operation(s, url, 'sign', {verifyData: 'AAAA'});
    },
    refusal: NO_KEY,
  },
];

describe('hostile: use of keys', () => {
  const scene = useScene();
  itRefuses(scene, MEMBERS);
  itRefuses(scene, TARGETS, {twin: (s) => s.signing()});
});
