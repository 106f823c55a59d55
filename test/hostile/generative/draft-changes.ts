import {createHash} from 'node:crypto';
import {gunzipSync} from 'node:zlib';
import type {Random} from '../../support/random.ts';
import {formatAuthorization, type RequestDraft} from '../../support/signed-request.ts';
import {broken, same, type Changed} from './mutant.ts';
import {changeWithin} from './text-changes.ts';

type Make = (
  draft: RequestDraft,
  random: Random,
  stranger: RequestDraft['signer'],
) => Changed<RequestDraft> | undefined;

const UNIX_SECONDS = [
  '',
  '0',
  '-1',
  '01',
  '1e9',
  '0x1',
  ' 1',
  '1.5',
  'NaN',
  'null',
  '9'.repeat(13),
  '1'.repeat(40),
];
/** base64url characters behind the head of a gzip member, whose time stamp and system may be anything. */
const BEHIND_GZIP_HEAD = 14;

/** Changes before signing: the signature is right, and only this is wrong. */
export const DRAFT_CHANGES: Readonly<Record<string, Make>> = {
  'a time that is none': (draft, random) =>
    broken({...draft, [random.pick(['created', 'expires'])]: random.pick(UNIX_SECONDS)}),
  'a time beyond the window': (draft, random) => {
    const now = Number(draft.created);
    const [created, expires] = random.pick([
      [now - 5000, now - 4000],
      [now + 500, now + 600],
      [now, now + 901],
      [now, now],
      [now + 10, now - 10],
      [now - 86_400, now + 86_400],
    ] as const);
    return broken({...draft, created: String(created), expires: String(expires)});
  },
  'fewer signed headers': (draft, random) => {
    const left = random.pick(draft.signedHeaders);
    return broken({...draft, signedHeaders: draft.signedHeaders.filter((name) => name !== left)});
  },
  'other signed headers': (draft, random) =>
    broken({
      ...draft,
      signedHeaders: [
        ...draft.signedHeaders,
        random.pick(['host', 'HOST', 'x-none', '(algorithm)', '', '__proto__', 'constructor', 'a b', '*']),
      ],
    }),
  'signed headers in another order': (draft) =>
    same({...draft, signedHeaders: draft.signedHeaders.toReversed()}),
  'more signed headers': (draft) => same({...draft, signedHeaders: [...draft.signedHeaders, 'accept']}),
  'another host': (draft, random) => {
    const host = changeWithin(draft.host, random, [0, draft.host.length]);
    // White space at the ends is none of the value's.
    return host === undefined || host.trim() === draft.host ? undefined : broken({...draft, host});
  },
  'another target': (draft, random) => {
    // A query's values are decoded, so they may be written in several ways.
    const target = draft.target.includes('?')
      ? undefined
      : changeWithin(draft.target, random, [0, draft.target.length]);
    return target === undefined || isIndented(target) ? undefined : broken({...draft, target});
  },
  'another content type': (draft, random) => {
    if (draft.contentType === undefined) return undefined;
    const contentType = changeWithin(draft.contentType, random);
    return contentType === undefined || /^application\/([a-z0-9.+-]+\+)?json$/i.test(contentType)
      ? undefined
      : broken({...draft, contentType});
  },
  'a content type that is as good': (draft, random) =>
    draft.contentType === undefined
      ? undefined
      : same({
          ...draft,
          contentType: random.pick([
            'application/ld+json',
            'Application/JSON',
            'application/json; charset=UTF-8',
          ]),
        }),
  'another digest': (draft, random) => {
    if (draft.digest === undefined) return undefined;
    const digest = changeWithin(draft.digest, random);
    return digest === undefined ? undefined : broken({...draft, digest});
  },
  'a digest that is as good': (draft) => {
    if (!draft.body) return undefined;
    const digest = `SHA-256=${createHash('sha256').update(draft.body).digest('base64')}`;
    return same({...draft, digest});
  },
  'another root': (draft, random) => changeInvocation(draft, random, /id="([^"]*)"/),
  'another capability': (draft, random) =>
    changeInvocation(draft, random, /capability="([^"]*)"/, BEHIND_GZIP_HEAD),
  'another action': (draft, random) => changeInvocation(draft, random, /action="([^"]*)"/),
  'another capability header': (draft, random) => {
    const text = draft.capabilityInvocation ?? '';
    // Around the values: names and punctuation.
    const changed = changeWithin(text, random, [1, 12]);
    return changed === undefined ? undefined : broken({...draft, capabilityInvocation: changed});
  },
  'another key id': (draft, random) => {
    const keyId = changeWithin(draft.keyId, random, [0, draft.keyId.length]);
    return keyId === undefined ? undefined : broken({...draft, keyId});
  },
  "a stranger's signature": (draft, _, stranger) => broken({...draft, signer: stranger}),
  "a stranger's key and signature": (draft, _, stranger) =>
    broken({...draft, keyId: stranger.keyId, signer: stranger}),
  'a signature changed': (draft, random) =>
    broken({
      ...draft,
      mangleSignature: (signature) => {
        const at = random.below(signature.length);
        return random.pick([
          signature.with(at, (signature[at] ?? 0) ^ (1 << random.below(8))),
          signature.subarray(0, at),
          Buffer.concat([signature, random.bytes(1 + random.below(64))]),
          random.bytes(64),
          Buffer.alloc(64, random.pick([0, 1, 0xff])),
        ]);
      },
    }),
  'a signed text changed': (draft, random) =>
    broken({
      ...draft,
      mangleSigningString: (text) => changeWithin(text, random, [0, text.length]) ?? `${text}\n`,
    }),
  'Authorization changed': (draft, random) =>
    broken({
      ...draft,
      formatAuthorization: (parameters) => {
        const text = formatAuthorization(parameters);
        return changeWithin(text, random) ?? '';
      },
    }),
};

function isIndented(target: string): boolean {
  return target.trim() !== target;
}

function changeInvocation(
  draft: RequestDraft,
  random: Random,
  pattern: RegExp,
  from = 0,
): Changed<RequestDraft> | undefined {
  const text = draft.capabilityInvocation ?? '';
  const value = pattern.exec(text)?.[1];
  if (value === undefined) return undefined;
  const changed = changeWithin(value, random, [from, value.length]);
  if (changed === undefined || isSameGzip(value, changed)) return undefined;
  return broken({...draft, capabilityInvocation: text.replace(value, () => changed)});
}

/** The last bits of a deflate stream may be anything. */
function isSameGzip(a: string, b: string): boolean {
  try {
    const [ofA, ofB] = [a, b].map((text) => gunzipSync(Buffer.from(text, 'base64url')));
    return ofA !== undefined && ofB !== undefined && ofA.equals(ofB);
  } catch {
    return false;
  }
}
