import {capabilityInvocation, rootCapabilityId} from '../../../support/signed-request.ts';
import type {Base, BaseFilter} from '../base.ts';
import {leafOf} from '../grant.ts';
import {KEY_OPERATIONS, ON_KEY} from '../kinds.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';

const root: BaseFilter = {depths: [0]};

const delegated: BaseFilter = {depths: [1, 2, 3]};

/** Invokes another root capability, by id. */
function rooted(id: (base: Base) => string, filter: BaseFilter = root): Make {
  return onDraft(
    (_draft, base) => ({
      capabilityInvocation: capabilityInvocation({capability: id(base), action: base.action}),
    }),
    filter,
  );
}

/** Root capabilities. */
export const R14 = new Mutations('R14')
  .refused(
    'escapes in lower case',
    rooted(({root: id}) => id.replaceAll('%3A', '%3a').replaceAll('%2F', '%2f')),
  )
  .refused(
    'not encoded',
    rooted(({root: id}) => decodeURIComponent(id)),
  )
  .refused(
    'encoded twice',
    rooted(({root: id}) => id.replaceAll('%', '%25')),
  )
  .refused(
    'with a trailing slash',
    rooted(({root: id}) => `${id}%2F`),
  )
  .refused(
    'with one more letter encoded',
    rooted(({root: id}) => id.replace('kms', '%6Bms')),
  )
  .refused(
    'prefix in upper case',
    rooted(({root: id}) => id.replace('urn:zcap:root:', 'URN:ZCAP:ROOT:')),
  )
  .refused(
    'of http',
    rooted(({root: id}) => id.replace('https', 'http')),
  )
  .refused(
    'of another host',
    rooted(({root: id}) => id.replace('localhost', 'evil.example')),
  )
  .refused(
    'of nothing',
    rooted(() => 'urn:zcap:root:'),
  )
  .refused(
    'of another scheme of ids',
    rooted(({root: id}) => id.replace('urn:zcap:root:', 'urn:zcap:')),
  )
  .refused(
    "the key's own, for an operation",
    rooted(({url}) => rootCapabilityId(url), {kinds: KEY_OPERATIONS, depths: [0]}),
  )
  .refused(
    "the list's own",
    rooted(({url}) => rootCapabilityId(url), {kinds: ['listKeys', 'listRevocations'], depths: [0]}),
  )
  .refused(
    "the list's own, with its query",
    rooted(({url}) => rootCapabilityId(url), {kinds: ['listKeystores'], depths: [0]}),
  )
  .excepted(
    "the key's own, to read it",
    'R14.key-root',
    rooted(({url}) => rootCapabilityId(url), {kinds: ['readKey'], depths: [0]}),
  )
  .refused(
    "another keystore's",
    onDraft(
      (_draft, {action}, {world}) => ({
        capabilityInvocation: capabilityInvocation({
          capability: rootCapabilityId(world.foreign.keystore),
          action,
        }),
      }),
      {kinds: ON_KEY, depths: [0]},
    ),
  )
  .refused(
    'as a document',
    onDraft(
      (_draft, {action, root: id, signer}) => ({
        capabilityInvocation: capabilityInvocation({
          capability: {
            '@context': 'https://w3id.org/zcap/v1',
            id,
            controller: signer.did,
            invocationTarget: decodeURIComponent(id.slice('urn:zcap:root:'.length)),
          },
          action,
        }),
      }),
      root,
    ),
  )
  .refused(
    'a delegated one by its id',
    onDraft(
      (_draft, {action, grant}) => ({
        capabilityInvocation: capabilityInvocation({capability: leafOf(grant!).id, action}),
      }),
      delegated,
    ),
  );
