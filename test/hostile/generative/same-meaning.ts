import {isDeepStrictEqual} from 'node:util';
import type {Json, Kind} from './bases.ts';

/** Whether a capability still says the same: sets may be written in several ways (R30, R42). */
export function isSameCapability(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(normalCapability(a), normalCapability(b));
}

/** The members that may hold any data, by the operation. */
const DATA: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  sign: ['verifyData'],
  verify: ['verifyData', 'signatureValue'],
  wrapKey: ['unwrappedKey'],
  unwrapKey: ['wrappedKey'],
};

/** Whether the server should do with a changed body what it does with a right one. */
export function isGoodBody(kind: Kind, changed: unknown, good: Json): boolean {
  if (typeof changed !== 'object' || changed === null || Array.isArray(changed)) return false;
  const json = JSON.parse(JSON.stringify(changed)) as Json;
  if (kind === 'revoke') return isSameCapability(json, good);
  const data = DATA[kind];
  if (data)
    return isGoodOperation(json, good, data) && (kind !== 'wrapKey' || isKeyData(json['unwrappedKey']));
  if (kind === 'updateKeystore' && isControllers(json['controller'])) {
    // An owner may hand it to whom it likes.
    return isDeepStrictEqual({...json, controller: ''}, {...good, controller: ''});
  }
  return isDeepStrictEqual(withController(json), withController(good));
}

function isControllers(value: unknown): boolean {
  return [value]
    .flat()
    .every((did) => typeof did === 'string' && /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/.test(did));
}

/** One controller alone and a list of it are the same. */
function withController(config: Json): Json {
  return 'controller' in config ? {...config, controller: [config['controller']].flat()} : config;
}

/** The operation may be on other data: it is the owner's to say on what. */
function isGoodOperation(json: Json, good: Json, data: readonly string[]): boolean {
  const withoutData = (operation: Json): Json => ({
    ...operation,
    ...Object.fromEntries(data.map((name) => [name, isBase64url(operation[name])])),
  });
  return isDeepStrictEqual(withoutData(json), withoutData(good));
}

function isBase64url(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64url').toString('base64url') === value;
}

function isKeyData(value: unknown): boolean {
  const {length} = Buffer.from(String(value), 'base64url');
  return length >= 16 && length % 8 === 0;
}

function normalCapability(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const capability = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const proof = capability['proof'] as Record<string, unknown> | undefined;
  const chain = proof?.['capabilityChain'];
  return {
    ...capability,
    controller: normalSet(capability['controller']),
    allowedAction: normalSet(capability['allowedAction']),
    ...(Array.isArray(chain) && {
      proof: {...proof, capabilityChain: chain.map((entry) => normalCapability(entry))},
    }),
  };
}

/** One text alone and a list of it are the same set; order and repetition say nothing. */
function normalSet(value: unknown): unknown {
  const items: unknown[] = [value].flat();
  return items.length > 0 && items.every((item) => typeof item === 'string')
    ? [...new Set(items)].toSorted()
    : {value};
}
