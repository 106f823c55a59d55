import {Mutations, onDraft, onWire} from '../mutation.ts';

/** Replaces the request target that is signed. */
function signedTarget(change: (target: string) => string): (text: string) => string {
  return (text) =>
    text.replace(
      /^\(request-target\): (.*)$/m,
      (_line, target: string) => `(request-target): ${change(target)}`,
    );
}

/** The request target that is signed. */
export const R6 = new Mutations('R6')
  .refused(
    'method in upper case',
    onDraft(({method}) => ({mangleSigningString: signedTarget((target) => target.replace(/^\w+/, method))})),
  )
  .refused(
    'another method',
    onDraft((_draft, _base, {random}) => ({
      mangleSigningString: signedTarget((target) =>
        target.replace(/^\w+/, random.pick(['put', 'options', 'head'])),
      ),
    })),
  )
  .refused(
    'another path',
    onDraft(() => ({mangleSigningString: signedTarget((target) => `${target}/x`)})),
  )
  .refused(
    'the path without its last character',
    onDraft(() => ({mangleSigningString: signedTarget((target) => target.slice(0, -1))})),
  )
  .refused(
    'an absolute URL',
    onDraft((_draft, {url}) => ({
      mangleSigningString: signedTarget((target) => target.replace(/\/.*/, url)),
    })),
  )
  .refused(
    'without the query',
    onDraft(() => ({mangleSigningString: signedTarget((target) => target.replace(/\?.*/, ''))}), {
      kinds: ['listKeystores'],
    }),
  )
  .refused(
    'decoded',
    onDraft(() => ({mangleSigningString: signedTarget(decodeURIComponent)}), {
      kinds: ['listKeystores', 'revoke'],
    }),
  )
  .refused(
    'with an empty query',
    onDraft(() => ({mangleSigningString: signedTarget((target) => `${target}?`)})),
  )
  .refused(
    'sent to another path',
    onWire((request, _base, {world}) => ({...request, target: new URL(world.foreign.keystore).pathname})),
  )
  .refused(
    'sent with another query',
    onWire(
      (request, _base, {world}) => ({
        ...request,
        target: `/kms/keystores?controller=${encodeURIComponent(world.foreign.owner.did)}`,
      }),
      {kinds: ['listKeystores']},
    ),
  )
  .refused(
    'a GET sent as a DELETE',
    onWire((request) => ({...request, method: 'DELETE'}), {kinds: ['getKeystore']}),
  )
  .refused(
    'a GET sent as a POST',
    onWire((request) => ({...request, method: 'POST'}), {kinds: ['readKey', 'getKeystore', 'listKeys']}),
  );
