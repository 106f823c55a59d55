import {expect} from 'chai';
import {withExtraHeader, withHeader, type RequestDraft} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, malformed, NO_METHOD, NO_ROUTE, type Refusal} from './support/refusal.ts';

const WRONG_HOST = forbidden('host', 'Host header contains an unexpected host name.');
const NOT_HTTP = malformed('The request is not well-formed HTTP.');
const BAD_TARGET = malformed('The request target must be a path and query, of URL characters only.');
const NOT_CANONICAL = malformed('The request target is not canonical.');
const signing = (s: HostileScene) => s.signing();

/** Really signed, but for another target. */
function toTarget(change: (target: string) => string): (scene: HostileScene) => ReturnType<typeof signing> {
  return (s) => s.signing({overrides: ({target}: RequestDraft) => ({target: change(target)})});
}

const HOSTS: readonly Case[] = (
  [
    ['another host', () => 'evil.example'],
    ['another port', ({host}) => host.replace(/\d+$/, '1')],
    ['no port', () => 'localhost'],
    ['a dot after the name', ({host}) => host.replace(':', '.:')],
    ['upper case', ({host}) => host.toUpperCase()],
    ['an address', ({host}) => host.replace('localhost', '127.0.0.1')],
    ['user information', ({host}) => `user@${host}`],
    ['two hosts in one line', ({host}) => `${host}, evil.example`],
    ['an empty one', () => ''],
  ] satisfies readonly [string, (server: {readonly host: string}) => string][]
).map(([name, change]) => ({
  title: `R7 Host: ${name}`,
  request: (s) => s.signing({overrides: {host: change(s.server)}}),
  refusal: WRONG_HOST,
}));

const PATHS: readonly Case[] = (
  [
    ['a keystore that looks alike', (t) => t.replace('/z1', '/z1evil/z1'), NO_ROUTE],
    ['a key that looks alike', (t) => `${t}evil`, NO_ROUTE],
    ['dot segments', (t) => t.replace(/\/(z1[^/]+)$/, '/../keys/$1'), NO_ROUTE],
    ['a dot segment at the end', (t) => `${t}/..`, NO_ROUTE],
    ['encoded dots', (t) => t.replace('/keys/', '/%2e%2e/keys/'), NO_ROUTE],
    ['an encoded slash', (t) => t.replace('/keys/', '%2Fkeys/'), NO_ROUTE],
    ['an encoded backslash', (t) => t.replace('/keys/', '%5Ckeys/'), NO_ROUTE],
    ['an encoded letter', (t) => t.replace('/kms/', '/%6bms/'), NO_ROUTE],
    ['an encoded NUL', (t) => `${t}%00`, NO_ROUTE],
    ['a double slash', (t) => t.replace('/keys/', '//keys/'), NO_ROUTE],
    ['a double slash at the beginning', (t) => `/${t}`, NO_ROUTE],
    ['a trailing slash', (t) => `${t}/`, NO_ROUTE],
    ['a matrix parameter', (t) => `${t};a=b`, NO_ROUTE],
    ['upper case', (t) => t.replace('/kms/', '/KMS/'), NO_ROUTE],
    ['a backslash', (t) => t.replace('/keys/', '\\keys/'), BAD_TARGET],
    ['a fragment', (t) => `${t}#f`, BAD_TARGET],
    ['a byte above 0x7f', (t) => `${t}\xe9`, NOT_HTTP],
    ['an empty query', (t) => `${t}?`, NOT_CANONICAL],
    ['a query key twice', (t) => `${t}?a=1&a=2`, NOT_CANONICAL],
    ['a query key twice, spelled otherwise', (t) => `${t}?ab=1&%61b=2`, NOT_CANONICAL],
    ['a broken escape', (t) => `${t}?a=%2`, NOT_CANONICAL],
    ['an empty pair', (t) => `${t}?a=1&&b=2`, NOT_CANONICAL],
  ] satisfies readonly [string, (target: string) => string, Refusal][]
).map(([name, change, refusal]) => ({title: `R31 target: ${name}`, request: toTarget(change), refusal}));

const METHODS: readonly Case[] = ['PUT', 'PATCH', 'TRACE', 'DELETE', 'QUERY'].map((method) => ({
  title: `R6 ${method} where only GET and POST are`,
  request: (s) => s.signing({method}),
  refusal: NO_METHOD,
}));

describe('hostile: request line', () => {
  const scene = useScene();
  itRefuses(scene, [...HOSTS, ...PATHS, ...METHODS], {twin: signing});

  for (const name of ['X-Forwarded-Host', 'X-Host', 'Forwarded']) {
    it(`R7 ${name} does not speak for Host`, async () => {
      const s = scene();
      const forwarded = (request: ReturnType<typeof signing>) =>
        withExtraHeader(request, name, name === 'Forwarded' ? `host=${s.server.host}` : s.server.host);
      await s.refused(forwarded(s.signing({overrides: {host: 'evil.example'}})), WRONG_HOST);
      await s.accepted(forwarded(s.signing()));
    });
  }

  it('R6 a method override is not looked at', async () => {
    const s = scene();
    const {id} = await s.createKeystore(s.owner);
    const deleting = withExtraHeader(s.reading({url: id}), 'X-HTTP-Method-Override', 'DELETE');
    await s.accepted(withHeader(deleting, 'accept', '*/*'));
    await s.accepted(s.reading({url: id}));
  });

  it('R6 HEAD is refused without a body', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const {text, headers} = await s.accepted(s.reading({method: 'HEAD'}), 405);
    expect([text, headers['allow']]).to.deep.equal(['', 'GET, POST, DELETE, OPTIONS']);
    expect(s.database.snapshot()).to.deep.equal(before);
    await s.accepted(s.reading());
  });

  it('R6 OPTIONS does nothing, whatever it carries', async () => {
    const s = scene();
    const before = s.database.snapshot();
    const {headers, text} = await s.accepted(s.creating({method: 'OPTIONS'}), 204);
    expect(text).to.equal('');
    expect(headers['access-control-allow-methods']).to.equal('POST, GET, OPTIONS');
    expect(s.database.snapshot()).to.deep.equal(before);
  });
});
