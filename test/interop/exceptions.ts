import type {Difference} from './difference.ts';

/** Every place where our server accepts what the reference refuses, under its requirement (`R14.…`). */
export const EXCEPTIONS = {
  'R4.stale-unsigned-date': {
    what: 'A `Date` header of long ago that nobody signed.',
    why: 'The times that count are the signature’s; any proxy may have written the other.',
  },
  'R8.raw-digest': {
    what: 'The digest of the bytes sent, where the JSON is not as the reference would write it again.',
    why: 'It is the right digest.',
  },
  'R14.key-root': {
    what: 'A key’s own root capability to read its description.',
    why: 'Official clients invoke it.',
  },
  'R30.action-spelling': {
    what: 'A list of one action under a parent that has it as a text.',
    why: 'They are the same set; the unreleased reference accepts it too.',
  },
  'R36.read-by-any-action': {
    what: 'A key’s description read by a capability that allows only other actions of keys, such as `sign`.',
    why: 'Official clients read the description of the key that they may sign with.',
  },
  'R36.asymmetric-verify': {
    what: 'Verification with an asymmetric key.',
    why: 'The reference’s key module has no such operation.',
  },
  'R46.lives-longer': {
    what: 'A revocation of what was delegated once more by the id of something revoked, and lives longer.',
    why: 'The first revocation is forgotten when what it was of has expired: what lives longer could then be invoked.',
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type Exception = keyof typeof EXCEPTIONS;
