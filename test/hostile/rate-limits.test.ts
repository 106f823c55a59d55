import {expect} from 'chai';
import {withExtraHeader, withHeader, withoutHeader, type WireRequest} from '../support/signed-request.ts';
import type {WireResponse} from '../support/raw-client.ts';
import {useScene} from './support/cases.ts';
import {forbidden, malformed, TOO_MANY_REQUESTS} from './support/refusal.ts';

const NOT_VERIFIED = forbidden('signature', 'Signature not verified.');
const NO_SIGNATURE = malformed(
  'The "authorization" header is missing or is not a well-formed HTTP signature.',
);

function expectRetryAfter({headers}: WireResponse): void {
  expect(headers['retry-after']).to.match(/^[1-9][0-9]{0,3}$/);
}

describe('hostile: rates of addresses', () => {
  const RATE = 40;
  const scene = useScene({
    WEBKMS_TRUSTED_PROXIES: '127.0.0.1/32',
    WEBKMS_RATE_LIMIT: `${RATE}/1h`,
    WEBKMS_RATE_LIMIT_INVOKER: 'off',
  });
  const from = (request: WireRequest, address: string) =>
    withExtraHeader(request, 'X-Forwarded-For', address);

  it('429 to an address that asks too much, before anything else is looked at, and to no other', async () => {
    const s = scene();
    const attacker = '198.51.100.1';
    const junk = withoutHeader(s.signing(), 'authorization');
    for (let i = 0; i < RATE; i++) await s.refused(from(junk, attacker), NO_SIGNATURE);
    expectRetryAfter(await s.refused(from(junk, attacker), TOO_MANY_REQUESTS));
    expectRetryAfter(await s.refused(from(s.signing(), attacker), TOO_MANY_REQUESTS));
    await s.refused(from({...s.signing(), target: '/'}, attacker), TOO_MANY_REQUESTS);
    await s.refused(from(s.signing(), `192.0.2.1, ${attacker}`), TOO_MANY_REQUESTS);
    await s.accepted(from(s.signing(), '198.51.100.2'));
    await s.accepted(from(s.signing(), `${attacker}, 198.51.100.2`));
  });

  it('one IPv6 network of 64 bits is one address', async () => {
    const s = scene();
    for (let i = 0; i < RATE; i++) {
      await s.accepted(from(s.signing(), `2001:db8:0:1:${i.toString(16)}::${i.toString(16)}`));
    }
    expectRetryAfter(await s.refused(from(s.signing(), '2001:db8:0:1:ffff::1'), TOO_MANY_REQUESTS));
    await s.accepted(from(s.signing(), '2001:db8:0:2::1'));
  });

  it('IPv4 as IPv6 is the same address', async () => {
    const s = scene();
    const spellings = ['203.0.113.1', '::ffff:203.0.113.1', '::ffff:cb00:7101', '203.0.113.1:1234'];
    for (let i = 0; i < RATE; i++) await s.accepted(from(s.signing(), spellings[i % 4] ?? ''));
    for (const spelling of spellings) await s.refused(from(s.signing(), spelling), TOO_MANY_REQUESTS);
    await s.accepted(from(s.signing(), '203.0.113.2'));
  });
});

describe('hostile: rates of invokers', () => {
  const RATE = 30;
  const scene = useScene({WEBKMS_RATE_LIMIT_INVOKER: `${RATE}/1h`});

  it('R10 naming somebody else does not use up what they may', async () => {
    const s = scene();
    const inTheirName = () =>
      s.signing({signer: {keyId: s.bob.keyId, sign: (data) => s.stranger.sign(data)}});
    for (let i = 0; i < RATE + 5; i++) await s.refused(inTheirName(), NOT_VERIFIED);
    const replay = s.creating({signer: s.bob});
    await s.accepted(replay, 201);
    for (let i = 0; i < RATE + 5; i++)
      await s.refused(
        withHeader(replay, 'host', 'evil.example'),
        forbidden('host', 'Host header contains an unexpected host name.'),
      );
    await s.accepted(s.creating({signer: s.bob}), 201);
  });

  it('429 to an invoker that asks too much, allowed or not, and to no other', async () => {
    const s = scene();
    const refusal = forbidden(
      'invoker',
      'The capability controller does not match the verification method (or its controller) used to invoke.',
    );
    for (let i = 0; i < RATE; i++) await s.refused(s.signing({signer: s.alice}), refusal);
    expectRetryAfter(await s.refused(s.signing({signer: s.alice}), TOO_MANY_REQUESTS));
    expectRetryAfter(await s.refused(s.creating({signer: s.alice}), TOO_MANY_REQUESTS));
    await s.refused(s.creating({signer: s.alice, json: {}}), {
      status: 400,
      name: 'ValidationError',
      reason: 'ERR_VALIDATION',
      says: "A validation error occurred in the 'postKeystoreBody' validator. |  should have required property 'controller' |  should have required property 'sequence'",
    });
    await s.accepted(s.signing());
  });
});
