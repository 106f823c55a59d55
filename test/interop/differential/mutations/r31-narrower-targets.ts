import type {BaseFilter} from '../base.ts';
import {leafMembers, type Make, Mutations, onDraft, onLinks, withMembers} from '../mutation.ts';

/** Sets the invoked capability's target. */
function target(
  set: (url: string, keystore: string) => string,
  filter: BaseFilter = {depths: [1, 2, 3], kinds: ON_PROPERTY},
): Make {
  return leafMembers(({url}, {world}) => ({invocationTarget: set(url, world.property.keystore)}), filter);
}

const ON_PROPERTY = [
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'deriveSecret',
  'readKey',
  'listKeys',
] as const;

/** Sends (and signs) another request target. */
function requestTarget(
  change: (path: string) => string,
  filter: BaseFilter = {kinds: ['getKeystore'], depths: [0]},
): Make {
  return onDraft((draft) => ({target: change(draft.target)}), filter);
}

/** Targets only narrow, and paths have one spelling. */
export const R31 = new Mutations('R31')
  .refused(
    'without its last characters',
    target((url) => url.slice(0, -3)),
  )
  .refused(
    'with a trailing slash',
    target((url) => `${url}/`),
  )
  .refused(
    'the keystore with a trailing slash',
    target((_url, keystore) => `${keystore}/`),
  )
  .refused(
    'with a query',
    target((url) => `${url}?x=1`),
  )
  .refused(
    'with an empty query',
    target((url) => `${url}?`),
  )
  .refused(
    'with a fragment',
    target((url) => `${url}#x`),
  )
  .refused(
    'below',
    target((url) => `${url}/below`),
  )
  .refused(
    "another keystore's",
    leafMembers((_base, {world}) => ({invocationTarget: world.foreign.keystore})),
  )
  .refused(
    'a look-alike',
    target((url) => `${url}x`),
  )
  .refused(
    'all keystores',
    leafMembers((_base, {world}) => ({invocationTarget: world.keystores})),
  )
  .refused(
    'the host',
    leafMembers((_base, {world}) => ({invocationTarget: world.baseUrl})),
  )
  .refused(
    'by dots',
    target((url, keystore) => `${keystore}/keys/../keys${url.slice(url.lastIndexOf('/'))}`),
  )
  .refused(
    'wider than its parent',
    onLinks(
      ({url}, {world}) => ({
        [-2]: (draft) => withMembers(draft, {invocationTarget: url}),
        [-1]: (draft) => withMembers(draft, {invocationTarget: world.property.keystore}),
      }),
      {kinds: ON_PROPERTY, depths: [2, 3]},
    ),
  )
  .refused(
    'beside its parent',
    onLinks(
      ({url}, {world}) => ({
        [-2]: (draft) => withMembers(draft, {invocationTarget: `${world.property.keystore}/zcaps`}),
        [-1]: (draft) => withMembers(draft, {invocationTarget: url}),
      }),
      {kinds: ON_PROPERTY, depths: [2, 3]},
    ),
  )
  .accepted(
    'the keystore',
    target((_url, keystore) => keystore, {kinds: ON_PROPERTY, depths: [1, 2]}),
  )
  .accepted(
    'the list of keys',
    target((_url, keystore) => `${keystore}/keys`, {kinds: ON_PROPERTY, depths: [1, 2]}),
  )
  .accepted(
    'the very URL',
    target((url) => url),
  )
  .stricter(
    'a trailing slash in the path',
    'R31.path',
    requestTarget((path) => `${path}/`, {kinds: ['getKeystore', 'listKeys'], depths: [0]}),
  )
  .stricter(
    'a trailing slash before the query',
    'R31.path',
    requestTarget((path) => path.replace('?', '/?'), {kinds: ['listKeystores'], depths: [0]}),
  )
  .refused(
    'a trailing slash to a key',
    requestTarget((path) => `${path}/`, {kinds: ['sign'], depths: [0]}),
  )
  .refused(
    'two slashes',
    requestTarget((path) => path.replace('/keystores', '//keystores')),
  )
  .refused(
    'two slashes first',
    requestTarget((path) => `/${path}`),
  )
  .refused(
    'a dot segment',
    requestTarget((path) => path.replace('/keystores', '/./keystores')),
  )
  .refused(
    'dot segments',
    requestTarget((path) => path.replace('/keystores', '/other/../keystores')),
  )
  .refused(
    'encoded dot segments',
    requestTarget((path) => path.replace('/keystores', '/other/%2e%2e/keystores')),
  )
  .refused(
    'an encoded letter',
    requestTarget((path) => path.replace('/keystores/z', '/keystores/%7A')),
  )
  .refused(
    'an encoded slash',
    requestTarget((path) => path.replace('/keystores/', '/keystores%2F')),
  )
  .refused(
    'upper case',
    requestTarget((path) => path.replace('/kms', '/KMS')),
  )
  .refused(
    'a backslash',
    requestTarget((path) => path.replace('/keystores/', '/keystores\\')),
  )
  .refused(
    'NUL at the end',
    requestTarget((path) => `${path}%00`),
  )
  .refused(
    'a semicolon',
    requestTarget((path) => `${path};x=1`),
  )
  .refused(
    'a fragment',
    requestTarget((path) => `${path}#x`),
  )
  .stricter(
    'an empty query',
    'R31.query',
    requestTarget((path) => `${path}?`),
  )
  .stricter(
    'a query that means nothing here',
    'R31.query',
    requestTarget((path) => `${path}?x=1`),
  )
  .stricter(
    'a fragment in the query',
    'R31.query',
    requestTarget((path) => `${path}?x=1#y`),
  )
  .stricter(
    'a backslash in the query',
    'R31.query',
    requestTarget((path) => `${path}?x=a\\b`),
  )
  .refused(
    'bytes beyond ASCII in the query',
    requestTarget((path) => `${path}?x=\u00e9`),
  );
