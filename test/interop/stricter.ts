import type {Difference} from './difference.ts';

/**
 * Every place where our server refuses what the reference accepts, under its requirement (`R13.…`). The differential
 * test finds each of them, and no other.
 */
export const STRICTER = {
  'R1.duplicate-header': {
    what: 'A second `Host`, `Authorization`, `Content-Type` or `Date` line.',
    why: 'Node keeps the first of them in silence, a proxy may keep the last: two parties would read two requests.',
  },
  'R1.content-encoding': {
    what: 'A `Content-Encoding`, also `identity`.',
    why: 'The digest is over the bytes as sent, and nothing is inflated for a stranger.',
  },
  'R1.charset': {
    what: 'A body in UTF-16.',
    why: 'JSON is UTF-8 (RFC 8259, section 8.1).',
  },
  'R1.prototype-key': {
    what: 'The keys `__proto__`, `constructor` or `prototype` anywhere in the body.',
    why: 'They mean something to JavaScript that they do not mean to anybody else.',
  },
  'R1.json-depth': {
    what: 'JSON deeper than 32 levels.',
    why: 'Nothing that is asked for is that deep.',
  },
  'R2.duplicate-parameter': {
    what: 'A parameter of `Authorization` twice.',
    why: 'The reference takes the last, others the first.',
  },
  'R2.unknown-parameter': {
    what: 'A parameter of `Authorization` that is not one of the five, `algorithm` among them.',
    why: 'It would be ignored: what its sender meant by it would not be done.',
  },
  'R2.unterminated': {
    what: 'Something unfinished at the end of `Authorization`.',
    why: 'One grammar, all of it.',
  },
  'R3.time-spelling': {
    what: '`created` or `expires` as nothing, hexadecimal, binary, an exponent, a fraction, with a sign, with spaces, of 13 digits.',
    why: 'The reference signs the number that JavaScript makes of it, so one signature is good for many texts.',
  },
  'R4.lifetime': {
    what: 'A signature that lives for more than 15 minutes, or that ends before it begins.',
    why: 'A signature that never ends can be sent for ever; nothing could remember it that long.',
  },
  'R5.signed-twice': {
    what: 'A header named twice in what was signed.',
    why: 'One signing string for one request.',
  },
  'R5.repeated-header': {
    what: 'A signed header of which there are two lines.',
    why: 'Which of them, or what they are joined with, is not the same to everybody.',
  },
  'R5.parameter-name': {
    what: 'A signed header named `created`, `expires`, `keyid` or `algorithm`.',
    why: 'The reference takes it for the parameter of `Authorization`, also where there is no such header.',
  },
  'R5.header-names': {
    what: 'Names of signed headers in upper case.',
    why: 'One signing string for one request; the specification has them in lower case.',
  },
  'R5.untyped-body': {
    what: 'A body without `Content-Type` where none is expected, with the digest of `{}`.',
    why: 'The reference does not read it, and so neither signs nor digests it.',
  },
  'R8.digest-spelling': {
    what: '`sha-256=`, `SHA256=`, `SHA-256=:…:` for `SHA-256=`.',
    why: 'One spelling for each of two forms.',
  },
  'R8.reserialised': {
    what: 'A digest of the JSON as it would be written again, not of the bytes sent.',
    why: 'White space, escapes and duplicate keys would be unsigned.',
  },
  'R10.base64': {
    what: 'A signature in base64 with other characters in it, in base64url, with too little or too much padding, with unused bits set.',
    why: 'One text for one signature, or replays could not be remembered.',
  },
  'R11.replay': {
    what: 'A creation sent again more than five seconds after it was signed.',
    why: 'What was signed once is done once. The five seconds are for two that a client makes in one second, which are the same bytes.',
  },
  'R13.two-capabilities': {
    what: 'Both `id` and `capability`.',
    why: 'The reference takes the root and ignores the other.',
  },
  'R13.duplicate-parameter': {
    what: 'A parameter of `Capability-Invocation` twice.',
    why: 'The reference takes the last, others the first.',
  },
  'R13.unknown-parameter': {
    what: 'An unknown parameter of `Capability-Invocation`.',
    why: 'It would be ignored: what its sender meant by it would not be done.',
  },
  'R13.unterminated': {
    what: 'Something unfinished at the end of `Capability-Invocation`.',
    why: 'One grammar, all of it.',
  },
  'R15.base64url': {
    what: 'A capability in base64, with padding, with other characters in it, with unused bits set.',
    why: 'One text for one document.',
  },
  'R15.gzip': {
    what: 'A capability compressed as zlib, or with bytes after the end.',
    why: 'One format; nothing that is not read.',
  },
  'R15.inflated': {
    what: 'A capability of more than 64 KiB.',
    why: '15 KB of header can inflate to 12 MB and cost seconds.',
  },
  'R15.duplicate-key': {
    what: 'A duplicate key in the JSON of a capability.',
    why: 'The reference takes the last, others the first.',
  },
  'R15.prototype-key': {
    what: 'The key `__proto__` in the JSON of a capability.',
    why: 'It means something to JavaScript that it does not mean to anybody else; the reference even verifies the document without it.',
  },
  'R15.utf-8': {
    what: 'A byte order mark before the JSON of a capability.',
    why: 'JSON has none (RFC 8259, section 8.1).',
  },
  'R16.unknown-member': {
    what: 'A capability with `caveat`, `invoker` or any other member beyond the eight.',
    why: 'The reference ignores it, so that a caveat restricts nothing, though whoever delegated signed it.',
  },
  'R17.context': {
    what: 'An inline context, or one named twice.',
    why: 'A context decides what was signed: only those that are known may.',
  },
  'R18.id': {
    what: 'The id of a delegated capability longer than 1 KB, or of the form of a root’s.',
    why: 'Ids are stored when they are revoked, and roots are made by the server only.',
  },
  'R19.controllers': {
    what: 'More than ten controllers of a capability, or one that is no DID.',
    why: 'Bounded; and who is no DID cannot sign.',
  },
  'R21.actions': {
    what: '`allowedAction` as an empty text, or with something in the list that is none.',
    why: 'The reference takes an empty text for no restriction.',
  },
  'R21.bounds': {
    what: 'More than 32 actions, or one of more than 128 characters.',
    why: 'Every action is canonicalised for every link below its own.',
  },
  'R22.date': {
    what: 'A date without time or zone, as HTTP writes it, of a day that is none, and whatever else JavaScript parses.',
    why: 'A date without zone is another instant elsewhere.',
  },
  'R23.proof-member': {
    what: 'A proof with `nonce`, `domain`, `challenge`, `expires`, `id` or a context of its own.',
    why: 'The reference ignores it: a proof that has expired by its own word is good.',
  },
  'R23.one-proof': {
    what: 'Proofs in a list, also of one.',
    why: 'One proof, and every part of it verified.',
  },
  'R23.respelled': {
    what: 'A verification method as an object.',
    why: 'It can be respelled without the proof breaking: one text for one document.',
  },
  'R24.controller': {
    what: 'A keystore for a `did:key` that is no Ed25519 key in its one spelling, or no point of the curve; for a `did:web` of no domain.',
    why: 'Nobody could ever control it.',
  },
  'R25.empty-chain': {
    what: 'A `capabilityChain` that is empty.',
    why: 'The reference takes the capability for a root and verifies nothing: not its proof, not who delegated it. Anybody can make one.',
  },
  'R26.read': {
    what: 'A key read by a chain longer than the key allows.',
    why: 'The length bounds every use of the key’s capabilities.',
  },
  'R27.order': {
    what: 'A chain whose ids are not in the order of delegation.',
    why: 'The reference looks only whether the ids are there and how many.',
  },
  'R31.path': {
    what: 'A trailing slash.',
    why: 'One URL for one thing: capabilities are for URLs.',
  },
  'R31.query': {
    what: 'A query that is empty or means nothing here, or has characters in it that no URL has.',
    why: 'What would be ignored is refused.',
  },
  'R32.duplicate-key': {
    what: 'A key of the query twice, also where one is encoded.',
    why: 'The prefix that a capability allows would have one value, what is read another.',
  },
  'R32.brackets': {
    what: '`controller[]=` and `controller[0]=`.',
    why: 'Another spelling of a duplicate key.',
  },
  'R34.created-after-expires': {
    what: 'A delegation created after it expires, both within the tolerated difference of clocks.',
    why: 'It was never good.',
  },
  'R37.head': {
    what: '`HEAD`.',
    why: 'It is no route: what is signed as `head` reads nothing.',
  },
  'R39.id': {
    what: 'A revocation sent to the URL of another capability.',
    why: 'A capability to revoke one would revoke any.',
  },
  'R39.encoding': {
    what: 'The id in the URL of a revocation encoded otherwise than by `encodeURIComponent`.',
    why: 'One URL for one thing.',
  },
  'R43.never-invocable': {
    what: 'A revocation of what could never be invoked: expired, too long-lived, with unknown members, for nobody.',
    why: 'It would be stored for nothing.',
  },
  'R44.not-revocable': {
    what: 'A delegation of the collection of keystores, or of the URL of a revocation.',
    why: 'There is no place where it could be revoked.',
  },
  'R49.forwarded': {
    what: 'An address of `ipAllowList` in `X-Forwarded-For`, from a client that is no trusted proxy.',
    why: 'The reference believes whatever the client writes.',
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type StricterPlace = keyof typeof STRICTER;
