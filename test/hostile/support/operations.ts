import {encode} from 'base58-universal';
import type {WireRequest} from '../../support/wire.ts';
import type {HostileScene} from './hostile-scene.ts';
import type {KeyName} from './requests.ts';

export type Json = Readonly<Record<string, unknown>>;

/** An operation on a key, by its owner. */
export function operation(s: HostileScene, url: string, action: string, members: unknown) {
  const type = `${action[0]?.toUpperCase() ?? ''}${action.slice(1)}Operation`;
  return s.signing({url, action, json: {type, invocationTarget: url, ...(members as Json)}});
}

/** Bytes of no meaning. */
export const base64url = (length: number) => Buffer.alloc(length, 7).toString('base64url');

/** Of each action, a key that can do it and what it takes. */
export const GOOD: Readonly<Record<string, readonly [KeyName, Json]>> = {
  sign: ['ed25519', {verifyData: 'AAAA'}],
  verify: ['hmac', {verifyData: 'AAAA', signatureValue: base64url(32)}],
  wrapKey: ['kek', {unwrappedKey: base64url(32)}],
  unwrapKey: ['kek', {wrappedKey: base64url(40)}],
  deriveSecret: ['x25519', {publicKey: x25519(Buffer.alloc(32, 9))}],
};

export function multibase(prefix: readonly number[], raw: Uint8Array): string {
  return `z${encode(Buffer.concat([Buffer.from(prefix), raw]))}`;
}

export function x25519(raw: Uint8Array): Json {
  return {type: 'X25519KeyAgreementKey2020', publicKeyMultibase: multibase([0xec, 0x01], raw)};
}

/** A good operation with members replaced; undefined takes one away. */
export function changed(action: string, members: Json): (s: HostileScene) => WireRequest {
  const [key, good] = GOOD[action] ?? ['ed25519', {}];
  return (s) => operation(s, s.keys[key], action, {...good, ...members});
}
