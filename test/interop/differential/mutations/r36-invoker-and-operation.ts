import {capabilityInvocation} from '../../../support/signed-request.ts';
import type {Base, BaseFilter} from '../base.ts';
import {leafOf} from '../grant.ts';
import {KEY_OPERATIONS, ON_KEY} from '../kinds.ts';
import {leafMembers, type Make, Mutations, onBase, onDraft, without} from '../mutation.ts';

const operations = {kinds: KEY_OPERATIONS};

/** Says another action in the header. */
function says(action: (base: Base) => string, filter: BaseFilter = {}): Make {
  return onBase((base) => ({...base, action: action(base)}), filter);
}

/** Posts another operation. */
function posts(change: (json: Readonly<Record<string, unknown>>) => unknown): Make {
  return onBase(
    (base) => ({...base, json: change(base.json!) as Readonly<Record<string, unknown>>}),
    operations,
  );
}

/** Who does what. */
export const R36 = new Mutations('R36')
  .refused(
    'says to read',
    says(() => 'read', operations),
  )
  .refused(
    'says to write',
    says(() => 'write', operations),
  )
  .refused(
    'says another operation',
    says(({kind}) => (kind === 'sign' ? 'verify' : 'sign'), operations),
  )
  .refused(
    'posts another operation',
    posts((json) => ({...json, type: 'RotateKeyOperation'})),
  )
  .refused(
    'posts an operation that there is not',
    posts((json) => ({...json, type: 'DestroyKeyOperation'})),
  )
  .refused(
    'posts a batch of another operation',
    posts(({type, invocationTarget, ...item}) => ({
      type: 'BatchOperation',
      invocationTarget,
      operation: type === 'SignOperation' ? 'VerifyOperation' : 'SignOperation',
      items: [item],
    })),
  )
  .refused(
    'posts a generation to a key',
    posts(() => ({type: 'GenerateKeyOperation', invocationTarget: {type: 'Sha256HmacKey2019'}})),
  )
  .refused(
    'posts the name of a member of all objects',
    onBase(
      (base, {random}) => ({
        ...base,
        json: {...base.json, type: random.pick(['constructor', 'toString', '__proto__', 'hasOwnProperty'])},
      }),
      operations,
    ),
  )
  .refused(
    'posts a type in another case',
    posts(({type, ...json}) => ({...json, type: String(type).toLowerCase()})),
  )
  .refused(
    'posts no type',
    posts((json) => without(json, 'type')),
  )
  .refused(
    'posts a list of types',
    posts(({type, ...json}) => ({...json, type: [type]})),
  )
  .refused(
    'posts an unknown member',
    posts((json) => ({...json, admin: true})),
  )
  .refused(
    'posts no target',
    posts((json) => without(json, 'invocationTarget')),
  )
  .refused(
    "posts another key's target",
    onBase(
      (base, {world}) => ({...base, json: {...base.json, invocationTarget: world.foreign.keys.ed25519}}),
      operations,
    ),
  )
  .refused(
    'a capability of another key',
    onBase(
      async (base, {world}) => {
        const {keys} = world.property;
        const [key, other] =
          base.url === keys.ed25519 ? (['hmac', 'ed25519'] as const) : (['ed25519', 'hmac'] as const);
        if (base.url === keys[key]) throw new Error(`The capability for ${other} would be right.`);
        return {...base, grant: await world.grant(key, base.grant!.links.length)};
      },
      {kinds: ON_KEY, depths: [1, 2]},
    ),
  )
  .refused(
    "a capability at another's key",
    onBase(
      (base, {world}) => {
        const url = world.foreign.keys.ed25519;
        return {...base, url, ...(base.json && {json: {...base.json, invocationTarget: url}})};
      },
      {kinds: ['sign', 'readKey'], depths: [0, 1, 2]},
    ),
  )
  .refused(
    'by a stranger',
    onBase((base, {world}) => ({...base, signer: world.stranger})),
  )
  .refused(
    'by who delegated it',
    onBase((base) => ({...base, signer: base.grant!.holders.at(-2)!}), {depths: [1, 2, 3]}),
  )
  .refused(
    'by an earlier holder',
    onBase((base) => ({...base, signer: base.grant!.holders[0]!}), {depths: [2, 3]}),
  )
  .refused(
    "the parent's capability by the holder",
    onDraft(
      (_draft, {grant, action}) => ({
        capabilityInvocation: capabilityInvocation({capability: grant!.links.at(-2)!, action}),
      }),
      {depths: [2, 3]},
    ),
  )
  .refused(
    'the root by the holder',
    onDraft(
      (_draft, {root, action}) => ({
        capabilityInvocation: capabilityInvocation({capability: root, action}),
      }),
      {depths: [1, 2, 3]},
    ),
  )
  .refused(
    'another holder’s capability',
    onDraft(
      async (_draft, {action}, {world}) => {
        const grant = await world.grant(undefined, 2);
        return {capabilityInvocation: capabilityInvocation({capability: leafOf(grant), action})};
      },
      {kinds: ON_KEY, depths: [1, 3]},
    ),
  )
  .excepted(
    'any action is enough to read a key',
    'R36.read-by-any-action',
    leafMembers(
      (_base, {random}) => ({
        allowedAction: [random.pick(['sign', 'verify', 'wrapKey', 'unwrapKey', 'deriveSecret'])],
      }),
      {kinds: ['readKey'], depths: [1, 2]},
    ),
  )
  .refused(
    'to read a key by an action that no key has',
    leafMembers((_base, {random}) => ({allowedAction: [random.pick(['READ', '*', 'Sign', 'other'])]}), {
      kinds: ['readKey'],
      depths: [1, 2],
    }),
  )
  .refused(
    'to read a key, but not saying so',
    says(() => 'sign', {kinds: ['readKey']}),
  )
  .excepted(
    'asymmetric verify',
    'R36.asymmetric-verify',
    onBase(
      (base, {world}) => {
        const url = world.property.keys.ed25519;
        const json = {
          type: 'VerifyOperation',
          invocationTarget: url,
          verifyData: 'AAAA',
          signatureValue: Buffer.alloc(64, 1).toString('base64url'),
        };
        return {...base, url, json, action: 'verify'};
      },
      {kinds: ['sign'], depths: [0]},
    ),
  );
