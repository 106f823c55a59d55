import {
  formatAuthorization,
  headerOf,
  withHeader,
  withoutHeader,
  type RequestDraft,
} from '../support/signed-request.ts';
import {didKeyOf, encodeEd25519} from '../support/did-key.ts';
import {encode, smallOrderPoints} from '../zcap/did/edwards25519.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {badDid, forbidden, malformed, NO_METHOD} from './support/refusal.ts';

const NOT_WELL_FORMED = malformed(
  'The "authorization" header is missing or is not a well-formed HTTP signature.',
);
const NOT_VERIFIED = forbidden('signature', 'Signature not verified.');
const signing = (s: HostileScene) => s.signing();

function withDraft(overrides: Partial<RequestDraft>) {
  return (s: HostileScene) => s.signing({overrides});
}

const AFTER_SIGNING: readonly Case[] = [
  {
    title: 'R6 the path is changed',
    request: (s) => ({...s.signing(), target: new URL(s.keys.second).pathname}),
    refusal: NOT_VERIFIED,
  },
  {
    title: 'R6 a query is added',
    request: (s) => ({
      ...s.reading({url: `${s.keystore}/keys`}),
      target: `${new URL(s.keystore).pathname}/keys?limit=1`,
    }),
    refusal: NOT_VERIFIED,
    twin: (s) => s.reading({url: `${s.keystore}/keys?limit=1`}),
  },
  {
    title: 'R6 a read becomes a deletion',
    request: (s) => ({...s.reading(), method: 'DELETE'}),
    refusal: NOT_VERIFIED,
  },
  {
    title: 'R6 an operation becomes a PUT',
    request: (s) => ({...s.signing(), method: 'PUT'}),
    refusal: NO_METHOD,
  },
  {
    title: 'R5 the action is changed',
    request: (s) =>
      withHeader(s.signing(), 'capability-invocation', headerOf(s.reading(), 'capability-invocation') ?? ''),
    refusal: NOT_VERIFIED,
  },
  {
    title: 'R5 the content type is changed',
    request: (s) => withHeader(s.signing(), 'content-type', 'application/ld+json'),
    refusal: NOT_VERIFIED,
  },
  {
    title: 'R5 the capability is taken away',
    request: (s) => withoutHeader(s.signing(), 'capability-invocation'),
    refusal: malformed('A signed header was not in the request.'),
  },
  ...(['keyId', 'created', 'expires'] as const).map((name): Case => ({
    title: `R5 ${name} is another than was signed`,
    request: (s) =>
      s.signing({
        overrides: {
          formatAuthorization: (p) =>
            formatAuthorization({
              ...p,
              [name]: name === 'keyId' ? s.alice.keyId : String(Number(p[name]) - 1),
            }),
        },
      }),
    refusal: NOT_VERIFIED,
  })),
];

/** The order of the group, which S must be below (RFC 8032 §5.1.7). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

function addOrder(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + L;
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  return Buffer.concat([signature.subarray(0, 32), bytes]);
}

const SIGNATURES: readonly Case[] = [
  {title: 'R10 S ≥ L', request: withDraft({mangleSignature: addOrder}), refusal: NOT_VERIFIED},
  {title: 'R10 zeros', request: withDraft({mangleSignature: (s) => s.fill(0)}), refusal: NOT_VERIFIED},
  {
    title: 'R10 a flipped bit',
    request: withDraft({mangleSignature: (s) => s.with(0, (s[0] ?? 0) ^ 1)}),
    refusal: NOT_VERIFIED,
  },
  {
    title: 'R10 63 bytes',
    request: withDraft({mangleSignature: (s) => s.subarray(1)}),
    refusal: NOT_WELL_FORMED,
  },
  {
    title: 'R10 65 bytes',
    request: withDraft({mangleSignature: (s) => Buffer.concat([s, Buffer.of(0)])}),
    refusal: NOT_WELL_FORMED,
  },
  ...(
    [
      ['no padding', (text) => text.replaceAll('=', '')],
      ['base64url', (text) => Buffer.from(text, 'base64').toString('base64url')],
      ['a space', (text) => `${text.slice(0, 8)} ${text.slice(8)}`],
      ['unused bits', (text) => text.replace(/.==$/, (last) => `${next(last[0] ?? '')}==`)],
    ] satisfies readonly [string, (text: string) => string][]
  ).map(([name, change]): Case => ({
    title: `R10 base64: ${name}`,
    request: withDraft({
      formatAuthorization: (p) => formatAuthorization({...p, signature: change(p.signature)}),
    }),
    refusal: NOT_WELL_FORMED,
  })),
  {
    title: "R10 somebody else's signature",
    request: (s) => s.signing({overrides: {signer: s.stranger}}),
    refusal: NOT_VERIFIED,
  },
];

/** The next character of the alphabet: the same bytes where only unused bits differ. */
function next(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 1);
}

/** Signed by the owner, whose key it is not. */
function claiming(change: (s: HostileScene) => string) {
  return (s: HostileScene) => s.signing({overrides: {keyId: change(s)}});
}

const SMALL_ORDER = smallOrderPoints().map(({x, y}) => encodeEd25519(encode(y, Number(x & 1n) as 0 | 1)));

const KEY_IDS: readonly Case[] = [
  {title: 'R9 no fragment', request: claiming((s) => s.owner.did), refusal: badDid('syntax')},
  {
    title: "R9 another key's fragment",
    request: claiming((s) => `${s.owner.did}#${s.alice.publicKeyMultibase}`),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 a fragment by number',
    request: claiming((s) => `${s.owner.did}#key-1`),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 a query',
    request: claiming((s) => s.owner.keyId.replace('#', '?a=b#')),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 a version',
    request: claiming((s) => s.owner.keyId.replace('did:key:', 'did:key:1.1:')),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 an unknown method',
    request: claiming(() => 'did:example:alice#key-1'),
    refusal: badDid('method'),
  },
  {
    title: 'R9 an https URL',
    request: claiming((s) => `${s.server.baseUrl}/did.json#key`),
    refusal: badDid('syntax'),
  },
  {
    title: 'R51 did:web, which is off',
    request: claiming(() => 'did:web:localhost.example#key-1'),
    refusal: badDid('disabled'),
  },
  {
    title: 'R9 a did:key of X25519',
    request: claiming(() => didKeyOf('z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc').keyId),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 a did:key of P-256',
    request: claiming(() => didKeyOf('zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169').keyId),
    refusal: badDid('syntax'),
  },
  {
    title: 'R9 a keyId of 3 KB',
    request: claiming((s) => s.owner.keyId + 'a'.repeat(3000)),
    refusal: NOT_WELL_FORMED,
  },
  ...SMALL_ORDER.map((multibase, index): Case => ({
    title: `R9 a key of small order (${index + 1} of 8)`,
    // R = the identity, S = 0: holds for any text under some of these keys.
    request: (s) =>
      s.signing({
        overrides: {
          keyId: didKeyOf(multibase).keyId,
          mangleSignature: () => Buffer.concat([encode(1n, 0), Buffer.alloc(32)]),
        },
      }),
    refusal: badDid('key'),
  })),
];

describe('hostile: HTTP signature, verified', () => {
  itRefuses(useScene(), [...AFTER_SIGNING, ...SIGNATURES, ...KEY_IDS], {twin: signing});
});
