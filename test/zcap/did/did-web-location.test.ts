import {expect} from 'chai';
import {didWebLocation} from '../../../lib/zcap/did/did-web-location.ts';
import {expectDidError} from './expect-did-refusal.ts';

describe('did:web locations', () => {
  const locations: readonly [did: string, host: string, port: number, path: string][] = [
    ['did:web:issuer.example', 'issuer.example', 443, '/.well-known/did.json'],
    ['did:web:issuer.example%3A8443', 'issuer.example', 8443, '/.well-known/did.json'],
    ['did:web:issuer.example:user:alice', 'issuer.example', 443, '/user/alice/did.json'],
    ['did:web:issuer.example%3A8443:a.b_c-D', 'issuer.example', 8443, '/a.b_c-D/did.json'],
    ['did:web:issuer.example:...', 'issuer.example', 443, '/.../did.json'],
    ['did:web:xn--bcher-kva.example', 'xn--bcher-kva.example', 443, '/.well-known/did.json'],
    ['did:web:1-a.2.a0.xn--p1ai', '1-a.2.a0.xn--p1ai', 443, '/.well-known/did.json'],
    [`did:web:${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`, 443, '/.well-known/did.json'],
  ];
  for (const [did, host, port, path] of locations) {
    it(`R51 locates ${did}`, () => expect(didWebLocation(did)).to.deep.equal({host, port, path}));
  }

  const refusals: readonly [what: string, did: string][] = [
    ['%40', 'did:web:user%40issuer.example'],
    ['%2F', 'did:web:issuer.example%2Fpath'],
    ['%3F', 'did:web:issuer.example%3Fquery'],
    ['%23', 'did:web:issuer.example%23fragment'],
    ['%5C', 'did:web:issuer.example%5Cpath'],
    ['%2E', 'did:web:issuer%2Eexample'],
    ['%00', 'did:web:issuer.example%00.evil.example'],
    ['%3a in small letters', 'did:web:issuer.example%3a8443'],
    ['two ports', 'did:web:issuer.example%3A8443%3A443'],
    ['a port that is empty', 'did:web:issuer.example%3A'],
    ['a port with a leading zero', 'did:web:issuer.example%3A0443'],
    ['a port of six digits', 'did:web:issuer.example%3A100000'],
    ['a raw user', 'did:web:user@issuer.example'],
    ['an IPv4 address', 'did:web:192.0.2.1'],
    ['an IPv4 address in short', 'did:web:127.1'],
    ['an IPv4 address as a number', 'did:web:2130706433'],
    ['an IPv4 address in hexadecimal', 'did:web:0x7f000001'],
    ['an IPv4 address with a hexadecimal end', 'did:web:127.0.0.0x1'],
    ['an IPv4 address in octal', 'did:web:0177.0.0.01'],
    ['an IPv6 address', 'did:web:%5B%3A%3A1%5D'],
    ['a bare name', 'did:web:localhost'],
    ['a trailing dot', 'did:web:issuer.example.'],
    ['a leading dot', 'did:web:.issuer.example'],
    ['an empty label', 'did:web:issuer..example'],
    ['upper case', 'did:web:Issuer.example'],
    ['an underscore', 'did:web:_issuer.example'],
    ['a leading hyphen', 'did:web:-issuer.example'],
    ['a trailing hyphen', 'did:web:issuer-.example'],
    ['a label of 64', `did:web:${'a'.repeat(64)}.example`],
    ['a name of 254', `did:web:${'a.'.repeat(123)}examples`],
    ['another script', 'did:web:bücher.example'],
    ['no domain', 'did:web:'],
    ['no domain before the path', 'did:web::user'],
    ['an empty segment', 'did:web:issuer.example::user'],
    ['a trailing colon', 'did:web:issuer.example:'],
    ['a dot segment', 'did:web:issuer.example:.'],
    ['two dots', 'did:web:issuer.example:..:secret'],
    ['percent-encoding in the path', 'did:web:issuer.example:a%2Fb'],
    ['a slash in the path', 'did:web:issuer.example:a/b'],
    ['another method', 'did:key:issuer.example'],
  ];
  for (const [what, did] of refusals) {
    it(`R51 refuses ${what}`, () => expectDidError(() => didWebLocation(did), 'syntax'));
  }

  it('R51 takes a name of 253 characters', () => {
    const host = `${'a.'.repeat(123)}example`;
    expect(host).to.have.length(253);
    expect(didWebLocation(`did:web:${host}`).host).to.equal(host);
  });
});
