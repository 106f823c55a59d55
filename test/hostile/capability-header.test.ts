import {deflateSync, gzipSync} from 'node:zlib';
import {capabilityInvocation, encodeCapability, rootCapabilityId} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, type Refusal} from './support/refusal.ts';

const encoding = (says: string) => forbidden('capability-encoding', says);
const NOT_WELL_FORMED = encoding('The capability invocation header is not well-formed.');
const NO_ACTION = encoding('The capability invocation header must name one action.');
const NOT_ONE = encoding('The capability invocation header must hold either an "id" or a "capability".');
const IMPROPER = encoding('Capability in Capability-Invocation header is improperly encoded.');
const WRONG_ROOT = forbidden('root', 'Actual root capability does not match expected root capability.');
const WRONG_ACTION = forbidden(
  'action',
  'The capability action does not match the expected action of "sign".',
);
const signing = (s: HostileScene) => s.signing();

/** Really signed, with another header. */
function withText(change: (text: string, s: HostileScene) => string) {
  return (s: HostileScene) =>
    s.signing({
      overrides: ({capabilityInvocation: text = ''}) => ({capabilityInvocation: change(text, s)}),
    });
}

const SYNTAX: readonly Case[] = (
  [
    ['another scheme', (t) => t.replace('zcap ', 'Bearer '), NOT_WELL_FORMED],
    ['the scheme in upper case', (t) => t.replace('zcap ', 'ZCAP '), NOT_WELL_FORMED],
    ['a tab', (t) => t.replace(' ', '\t'), NOT_WELL_FORMED],
    ['a space after the comma', (t) => t.replace(',', ', '), NOT_WELL_FORMED],
    ['single quotes', (t) => t.replaceAll('"', "'"), NOT_WELL_FORMED],
    ['an unterminated action', (t) => t.slice(0, -1), NOT_WELL_FORMED],
    ['an unknown parameter', (t) => `${t},invoker="did:key:z6Mk"`, NOT_WELL_FORMED],
    ['something after the end', (t) => `${t} `.concat('x'), NOT_WELL_FORMED],
    ['two actions', (t) => `${t},action="sign"`, NOT_WELL_FORMED],
    ['two other actions', (t) => `${t},action="verify"`, NOT_WELL_FORMED],
    ['two ids', (t) => t.replace(/id="[^"]*"/, '$&,$&'), NOT_WELL_FORMED],
    ['only the scheme', () => 'zcap', NOT_WELL_FORMED],
    ['nothing', () => '', NOT_WELL_FORMED],
    ['no action', (t) => t.replace(/,action.*/, ''), NO_ACTION],
    ['an empty action', (t) => t.replace(/action.*/, 'action=""'), NO_ACTION],
    ['no capability', () => 'zcap action="sign"', NOT_ONE],
    ['an empty id', () => 'zcap id="",action="sign"', NOT_ONE],
    ['an id and a capability', (t) => `${t},capability="AAAA"`, NOT_ONE],
    ['an id and an empty capability', (t) => `${t},capability=""`, NOT_ONE],
  ] satisfies readonly [string, (text: string) => string, Refusal][]
).map(([name, change, refusal]) => ({title: `R13 ${name}`, request: withText(change), refusal}));

const ROOTS: readonly Case[] = (
  [
    ['escapes in lower case', (id) => id.replace(/%../g, (escape) => escape.toLowerCase())],
    ['no escapes', (id) => decodeURIComponent(id)],
    ['escapes twice', (id) => rootCapabilityId(encodeURIComponent(decodeURIComponent(id.slice(14))))],
    ['one escape more', (id) => id.replace('kms', '%6Bms')],
    ['the scheme in upper case', (id) => id.replace('urn:zcap', 'URN:zcap')],
    ['of http', (id) => id.replace('https', 'http')],
    ['of another host', (id) => id.replace('localhost', 'evil.example')],
    ['of another port', (id) => id.replace(/%3A\d+/, '')],
    ['with a trailing slash', (id) => `${id}%2F`],
    ['with a query', (id) => `${id}%3Fa%3Db`],
    ['of the collection', (_, s) => rootCapabilityId(s.keystores)],
    ["of somebody else's keystore", (_, s) => rootCapabilityId(s.foreign.keystore)],
    ['of the key itself', (_, s) => rootCapabilityId(s.keys.ed25519)],
    ['of the prefix of the keystore', (id) => id.slice(0, -1)],
    ["that is a delegated capability's id", () => 'urn:uuid:9a0a3a0a-4b5e-4e3a-8d8f-000000000001'],
    ["that is the owner's DID", (_, s) => s.owner.did],
  ] satisfies readonly [string, (id: string, s: HostileScene) => string][]
).map(([name, change]) => ({
  title: `R14 a root ${name}`,
  request: (s) => s.signing({capability: change(rootCapabilityId(s.keystore), s)}),
  refusal: WRONG_ROOT,
}));

const ACTIONS: readonly Case[] = [
  'verify',
  'Sign',
  'SIGN',
  'SignOperation',
  'write',
  '*',
  'sign,verify',
  ' sign',
].map((action) => ({
  title: `R36 the header says ${JSON.stringify(action)}, the body SignOperation`,
  request: (s) => s.signing({action}),
  refusal: WRONG_ACTION,
}));

/** A delegation by the owner to alice, really signed, encoded otherwise. */
function encoded(encode: (json: string) => string) {
  return async (s: HostileScene) => {
    const json = JSON.stringify(await s.chain([s.alice]));
    const header = `zcap capability="${encode(json)}",action="sign"`;
    return s.signing({signer: s.alice, overrides: {capabilityInvocation: header}});
  };
}

const bytes = (json: string) => Buffer.from(encodeCapability(json), 'base64url');
const BOMB = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20)).toString('base64url');
const ENCODINGS: readonly Case[] = (
  [
    ['JSON as it is', (json) => Buffer.from(json).toString('base64url')],
    ['zlib in place of gzip', (json) => deflateSync(json).toString('base64url')],
    ['truncated gzip', (json) => bytes(json).subarray(0, -9).toString('base64url')],
    ['gzip without its trailer', (json) => bytes(json).subarray(0, -8).toString('base64url')],
    [
      'a wrong checksum',
      (json) => {
        const gzip = bytes(json);
        gzip.writeUInt32LE((gzip.readUInt32LE(gzip.length - 8) ^ 1) >>> 0, gzip.length - 8);
        return gzip.toString('base64url');
      },
    ],
    ['something after gzip', (json) => Buffer.concat([bytes(json), Buffer.of(0)]).toString('base64url')],
    ['two gzip members', (json) => Buffer.concat([bytes(json), bytes('')]).toString('base64url')],
    ['gzip with a file name', (json) => withFileName(bytes(json)).toString('base64url')],
    ['a gzip bomb', () => BOMB],
    ['65 KB inflated', (json) => encodeCapability(json + ' '.repeat(65 * 1024 - json.length))],
    ['base64 in place of base64url', (json) => `${'+/'.repeat(2)}${encodeCapability(json)}`],
    ['padding', (json) => `${encodeCapability(json)}==`],
    ['a space', (json) => ` ${encodeCapability(json)}`],
    ['one character too many', (json) => `${encodeCapability(json)}AAAA`.slice(0, -3)],
    [
      'null',
      () => encodeCapability('null'),
      forbidden('capability-shape', 'A capability must be an object.'),
    ],
    [
      'an array',
      (json) => encodeCapability(`[${json}]`),
      forbidden('capability-shape', 'A capability must be an object.'),
    ],
    [
      'a string',
      () => encodeCapability('"urn:zcap:root:x"'),
      forbidden('capability-shape', 'A capability must be an object.'),
    ],
    ['nothing', () => encodeCapability('')],
    ['two documents', (json) => encodeCapability(`${json}${json}`)],
    ['a duplicate key', (json) => encodeCapability(`{"expires":"2999-01-01T00:00:00Z",${json.slice(1)}`)],
    [
      'a duplicate key, escaped',
      (json) => encodeCapability(`{"e\\u0078pires":"2999-01-01T00:00:00Z",${json.slice(1)}`),
    ],
    ['__proto__', (json) => encodeCapability(`{"__proto__":{},${json.slice(1)}`)],
    ['a lone surrogate', (json) => encodeCapability(`{"a":"\\ud800",${json.slice(1)}`)],
    [
      'invalid UTF-8',
      (json) =>
        encodeCapability(
          Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from(`",${json.slice(1)}`)]),
        ),
    ],
    ['a byte order mark', (json) => encodeCapability(`\ufeff${json}`)],
    ['33 levels', (json) => encodeCapability(`{"a":${'['.repeat(33)}${']'.repeat(33)},${json.slice(1)}`)],
    ['10,000 levels', () => encodeCapability('['.repeat(10_000) + ']'.repeat(10_000))],
  ] satisfies readonly [string, (json: string) => string, Refusal?][]
).map(([name, encode, refusal = IMPROPER]) => ({
  title: `R15 ${name}`,
  request: encoded(encode),
  refusal,
  twin: encoded(encodeCapability),
}));

function withFileName(gzip: Buffer): Buffer {
  const named = Buffer.concat([gzip.subarray(0, 10), Buffer.from('a\0'), gzip.subarray(10)]);
  named[3] = 8;
  return named;
}

const PRESENTED: readonly Case[] = [
  {
    title: 'R14 a delegated capability invoked by its id',
    request: async (s) => s.signing({signer: s.alice, capability: (await s.chain([s.alice])).id}),
    refusal: WRONG_ROOT,
    twin: async (s) => s.signing({signer: s.alice, capability: await s.chain([s.alice])}),
  },
  {
    title: 'R24 a root capability that is sent, with another controller',
    request: (s) =>
      s.signing({
        signer: s.alice,
        capability: {
          '@context': 'https://w3id.org/zcap/v1',
          id: rootCapabilityId(s.keystore),
          controller: s.alice.did,
          invocationTarget: s.keystore,
        },
      }),
    refusal: forbidden('capability-shape', 'The capability must have the member "parentCapability".'),
  },
  {
    title: 'R12 a bomb, in a request whose signature is wrong, is not looked at',
    request: (s) =>
      s.signing({
        overrides: {
          signer: s.stranger,
          capabilityInvocation: capabilityInvocation({
            capability: {bomb: ' '.repeat(1 << 20)},
            action: 'sign',
          }),
        },
      }),
    refusal: forbidden('signature', 'Signature not verified.'),
  },
];

describe('hostile: capability header', () => {
  const scene = useScene();
  itRefuses(scene, [...SYNTAX, ...ROOTS, ...ACTIONS, ...ENCODINGS, ...PRESENTED], {twin: signing});

  it("R14 a key's description may be read by its own root", async () => {
    await scene().accepted(
      scene().reading({url: scene().keys.ed25519, capability: rootCapabilityId(scene().keys.ed25519)}),
    );
  });
});
