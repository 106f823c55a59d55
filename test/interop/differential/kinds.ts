/** What a request asks for. */
export type Kind =
  | 'sign'
  | 'verify'
  | 'wrapKey'
  | 'unwrapKey'
  | 'deriveSecret'
  | 'readKey'
  | 'getKeystore'
  | 'listKeys'
  | 'listRevocations'
  | 'listKeystores'
  | 'generateKey'
  | 'createKeystore'
  | 'updateKeystore'
  | 'deleteKeystore'
  | 'revoke';

/** Kinds by how often they are picked. Those that change something cost fixtures. */
export const KIND_WEIGHTS: Readonly<Record<Kind, number>> = {
  sign: 26,
  verify: 8,
  wrapKey: 5,
  unwrapKey: 5,
  deriveSecret: 5,
  readKey: 12,
  getKeystore: 10,
  listKeys: 4,
  listRevocations: 4,
  listKeystores: 6,
  generateKey: 5,
  createKeystore: 3,
  updateKeystore: 3,
  deleteKeystore: 1,
  revoke: 3,
};
export const ALL_KINDS = Object.keys(KIND_WEIGHTS) as readonly Kind[];
/** Kinds that post a body. */
export const WITH_BODY: readonly Kind[] = ALL_KINDS.filter((kind) => !/^(?:read|get|list|delete)/.test(kind));
/** Kinds that ask for the use of a key by a body, and change nothing. */
export const KEY_OPERATIONS = [
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'deriveSecret',
] as const satisfies readonly Kind[];
/** Kinds about one key, so that a capability for that key is enough. */
export const ON_KEY: readonly Kind[] = [...KEY_OPERATIONS, 'readKey'];
/** Kinds without a body. */
export const READS = [
  'readKey',
  'getKeystore',
  'listKeys',
  'listRevocations',
  'listKeystores',
] as const satisfies readonly Kind[];
/** Kinds whose success changes what exists: each is about something made for it. */
export const CHANGING: readonly Kind[] = ['createKeystore', 'updateKeystore', 'deleteKeystore', 'revoke'];
/** Kinds of which the action must be allowed: to read a key any is enough (R36). */
export const ACTION_NEEDED: readonly Kind[] = ALL_KINDS.filter((kind) => kind !== 'readKey');
