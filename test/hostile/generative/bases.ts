import type {Capability} from '../../support/delegate.ts';
import type {Random} from '../../support/random.ts';
import {draftRequest, type RequestDraft, type SignedRequestOptions} from '../../support/signed-request.ts';
import type {HostileScene} from '../support/hostile-scene.ts';
import {GOOD} from '../support/operations.ts';

/** What a request asks for. */
export type Kind =
  | 'sign'
  | 'verify'
  | 'wrapKey'
  | 'unwrapKey'
  | 'deriveSecret'
  | 'readKey'
  | 'readKeystore'
  | 'listKeys'
  | 'listKeystores'
  | 'listRevocations'
  | 'createKeystore'
  | 'generateKey'
  | 'updateKeystore'
  | 'deleteKeystore'
  | 'revoke';

/** A valid request of some kind, before it is signed. */
export interface Base {
  readonly kind: Kind;
  readonly draft: RequestDraft;
  readonly json?: Json;
  /** Absent: the root itself is invoked. */
  readonly capability?: Capability;
}

export type Json = Readonly<Record<string, unknown>>;

/** The status of each kind's success. */
export const SUCCESS: Readonly<Partial<Record<Kind, number>>> = {
  createKeystore: 201,
  deleteKeystore: 204,
  revoke: 204,
};
/** Whose success can be repeated without end: they make a row, or none. */
export const REPEATABLE: readonly Kind[] = [
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'deriveSecret',
  'readKey',
  'readKeystore',
  'listKeys',
  'listKeystores',
  'listRevocations',
  'createKeystore',
  'generateKey',
];
/** Whose success would spoil every later one: no mutant of theirs may be right. */
export const ONCE: readonly Kind[] = ['updateKeystore', 'deleteKeystore', 'revoke'];

/** Makes valid requests: of the owner's property, and of what was delegated. */
export class Bases {
  readonly #scene: HostileScene;
  readonly #spare: string;
  readonly #revocable: Capability;
  /** By who may invoke it: chains of one, two and three links, for all of the keystore. */
  readonly #chains: readonly (readonly [holder: SignedRequestOptions['signer'], capability: Capability])[];

  private constructor(scene: HostileScene, spare: string, revocable: Capability, chains: Bases['chains']) {
    this.#scene = scene;
    this.#spare = spare;
    this.#revocable = revocable;
    this.#chains = chains;
  }

  static async make(scene: HostileScene): Promise<Bases> {
    const {alice, bob, carol, keystore} = scene;
    const allowedAction = ['read', 'write', 'generateKey', ...Object.keys(GOOD)];
    const chain = async (...holders: (typeof alice)[]) =>
      scene.chain(holders, {invocationTarget: keystore, allowedAction});
    return new Bases(scene, (await scene.createKeystore(scene.owner)).id, await scene.chain([alice, bob]), [
      [alice, await chain(alice)],
      [bob, await chain(alice, bob)],
      [carol, await chain(alice, bob, carol)],
    ]);
  }

  get chains() {
    return this.#chains;
  }

  of(kind: Kind, random: Random): Base {
    const own = this.#options(kind);
    const [signer, capability] = random.pick(this.#chains);
    const isDelegated = isOfKeystore(kind) && random.chance(0.4);
    const options = isDelegated ? {...own, signer, capability} : own;
    return {
      kind,
      draft: draftRequest(options),
      ...(own.json !== undefined && {json: own.json as Json}),
      ...(isDelegated && {capability}),
    };
  }

  #options(kind: Kind): SignedRequestOptions {
    const {owner: signer, keystore, keystores, keys} = this.#scene;
    const collection = `urn:zcap:root:${encodeURIComponent(keystores)}`;
    const read = {action: 'read', signer};
    switch (kind) {
      case 'readKey':
        return {...read, url: keys.ed25519};
      case 'readKeystore':
        return {...read, url: keystore};
      case 'listKeys':
        return {...read, url: `${keystore}/keys?limit=1`};
      case 'listRevocations':
        return {...read, url: `${keystore}/zcaps/revocations`};
      case 'listKeystores':
        return {...read, url: `${keystores}?controller=${signer.did}&limit=1`, capability: collection};
      case 'createKeystore':
        return {url: keystores, json: {sequence: 0, controller: signer.did}, action: 'write', signer};
      case 'generateKey': {
        const json = {type: 'GenerateKeyOperation', invocationTarget: {type: 'Ed25519VerificationKey2020'}};
        return {url: `${keystore}/keys`, json, action: 'generateKey', signer};
      }
      case 'updateKeystore': {
        const json = {id: this.#spare, sequence: 1, controller: signer.did};
        return {url: this.#spare, json, action: 'write', signer};
      }
      case 'deleteKeystore':
        return {url: this.#spare, method: 'DELETE', action: 'write', signer};
      case 'revoke': {
        const url = `${keystore}/zcaps/revocations/${encodeURIComponent(this.#revocable.id)}`;
        return {url, json: this.#revocable, action: 'write', signer};
      }
      case 'sign':
      case 'verify':
      case 'wrapKey':
      case 'unwrapKey':
      case 'deriveSecret': {
        const [key, members] = GOOD[kind] ?? ['ed25519', {}];
        const type = `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}Operation`;
        return {url: keys[key], json: {type, invocationTarget: keys[key], ...members}, action: kind, signer};
      }
    }
  }
}

/** What a capability for all of the keystore covers. */
function isOfKeystore(kind: Kind): boolean {
  return !['createKeystore', 'listKeystores', 'updateKeystore', 'deleteKeystore', 'revoke'].includes(kind);
}
