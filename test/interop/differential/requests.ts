import {controller, type Controller} from '../../support/did-key.ts';
import type {Random} from '../../support/random.ts';
import {leafOf} from './grant.ts';
import type {KEY_OPERATIONS, Kind} from './kinds.ts';
import type {KeyName, World} from './world.ts';

const KEY_OF: Readonly<Record<(typeof KEY_OPERATIONS)[number], KeyName>> = {
  sign: 'ed25519',
  verify: 'hmac',
  wrapKey: 'kek',
  unwrapKey: 'kek',
  deriveSecret: 'x25519',
};
/** RFC 3394, 4.6: what some other key wrapped. */
const WRAPPED = Buffer.from(
  '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
  'hex',
);
const PEER = 'z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc';

/** What `Base` is made of: the request as the root's controller would make it. */
export interface BaseRequest {
  readonly kind: Kind;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly action: string;
  readonly owner: Controller;
  readonly rootTarget: string;
  /** The key that a grant may be for; undefined: the keystore. */
  readonly key?: KeyName | undefined;
  /** Not of the world's own property: a grant must be made for it. */
  readonly isFresh?: boolean;
}

export async function requestOf(
  kind: Kind,
  {world, random, depth}: {readonly world: World; readonly random: Random; readonly depth: number},
): Promise<BaseRequest> {
  const {owner, keystore, keys} = world.property;
  const common = {kind, owner, rootTarget: keystore};
  const get = {...common, method: 'GET', action: 'read'} as const;
  const post = {...common, method: 'POST', action: 'write'} as const;
  switch (kind) {
    case 'sign':
    case 'verify':
    case 'wrapKey':
    case 'unwrapKey':
    case 'deriveSecret': {
      const key = kind === 'sign' && random.chance(0.3) ? 'hmac' : KEY_OF[kind];
      const json = operationOf(kind, keys[key], random);
      return {...post, url: keys[key], json, action: kind, key};
    }
    case 'readKey': {
      const key = random.pick(['ed25519', 'hmac', 'kek', 'x25519'] as const);
      return {...get, url: keys[key], key};
    }
    case 'getKeystore':
      return {...get, url: keystore};
    case 'listKeys':
      return {...get, url: `${keystore}/keys`};
    case 'listRevocations':
      return {...get, url: `${keystore}/zcaps/revocations`};
    case 'listKeystores':
      return {
        ...get,
        url: `${world.keystores}?controller=${encodeURIComponent(owner.did)}`,
        rootTarget: world.keystores,
      };
    case 'generateKey': {
      const type = random.pick([
        'Ed25519VerificationKey2020',
        'Sha256HmacKey2019',
        'AesKeyWrappingKey2019',
        'X25519KeyAgreementKey2020',
      ]);
      return {
        ...post,
        url: `${keystore}/keys`,
        json: {type: 'GenerateKeyOperation', invocationTarget: {type}},
        action: 'generateKey',
      };
    }
    case 'createKeystore': {
      const creator = controller(random.uuid());
      const json = {sequence: 0, controller: creator.did};
      return {
        ...post,
        owner: creator,
        url: world.keystores,
        json,
        rootTarget: world.keystores,
      };
    }
    case 'updateKeystore':
    case 'deleteKeystore': {
      const creator = controller(random.uuid());
      const config = await world.freshKeystore(creator);
      const fresh = {owner: creator, url: config.id, rootTarget: config.id, isFresh: true};
      if (kind === 'deleteKeystore') return {...post, ...fresh, method: 'DELETE'};
      return {...post, ...fresh, json: {...config, sequence: 1}};
    }
    case 'revoke':
      return {...post, ...(await revocationOf({world, random, depth}))};
  }
}

function operationOf(
  kind: (typeof KEY_OPERATIONS)[number],
  invocationTarget: string,
  random: Random,
): Readonly<Record<string, unknown>> {
  const data = random.bytes(8 + random.below(64)).toString('base64url');
  const type = `${kind[0]!.toUpperCase()}${kind.slice(1)}Operation`;
  const members = {
    sign: {verifyData: data},
    verify: {verifyData: data, signatureValue: Buffer.alloc(32, 1).toString('base64url')},
    wrapKey: {unwrappedKey: Buffer.alloc(32, 7).toString('base64url')},
    unwrapKey: {wrappedKey: WRAPPED.toString('base64url')},
    deriveSecret: {publicKey: {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: PEER}},
  };
  return {type, invocationTarget, ...members[kind]};
}

/**
 * A revocation: by the root of its own URL, of which every controller of the capability's chain is a controller; or by
 * authority over the keystore, which alone can be delegated.
 */
async function revocationOf({
  world,
  random,
  depth,
}: {
  readonly world: World;
  readonly random: Random;
  readonly depth: number;
}): Promise<Pick<BaseRequest, 'url' | 'json' | 'rootTarget' | 'owner'>> {
  const {property} = world;
  const grant = await world.freshGrant(property, 1 + random.below(2), random);
  const json = leafOf(grant);
  const url = `${property.keystore}/zcaps/revocations/${encodeURIComponent(json.id)}`;
  if (depth > 0 || random.chance(0.4))
    return {url, json, rootTarget: property.keystore, owner: property.owner};
  return {url, json, rootTarget: url, owner: random.pick(grant.holders)};
}
