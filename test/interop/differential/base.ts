import type {Controller} from '../../support/did-key.ts';
import type {Random} from '../../support/random.ts';
import {draftRequest, rootCapabilityId, type RequestDraft} from '../../support/signed-request.ts';
import {leafOf, makeGrant, type Grant} from './grant.ts';
import {ALL_KINDS, CHANGING, KIND_WEIGHTS, type Kind} from './kinds.ts';
import {requestOf, type BaseRequest} from './requests.ts';
import {DEPTHS, type World} from './world.ts';

/** A valid request, before it is signed. */
export interface Base {
  readonly kind: Kind;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly action: string;
  readonly signer: Controller;
  /** Absent: the root capability itself is invoked. */
  readonly grant?: Grant | undefined;
  readonly root: string;
}

export interface BaseFilter {
  readonly kinds?: readonly Kind[];
  /** How many delegations; 0 is the root itself. */
  readonly depths?: readonly number[];
}

/** Depths by how often they are picked. */
const DEPTH_WEIGHTS = new Map([
  [0, 40],
  [1, 30],
  [2, 18],
  [3, 10],
  [9, 2],
]);

/** Makes a valid request of some kind, by the root's controller or by somebody it was delegated to. */
export async function makeBase(
  world: World,
  random: Random,
  {kinds = ALL_KINDS, depths}: BaseFilter = {},
): Promise<Base> {
  const possible = (kind: Kind): readonly number[] =>
    possibleDepths(kind).filter((depth) => depths?.includes(depth) ?? true);
  const candidates = kinds.filter((kind) => possible(kind).length > 0);
  const kind = weighted(
    random,
    candidates.map((name) => [name, KIND_WEIGHTS[name]]),
  );
  const depth = weighted(
    random,
    [...DEPTH_WEIGHTS].filter(([n]) => possible(kind).includes(n)),
  );
  const request = await requestOf(kind, {world, random, depth});
  const grant = depth === 0 ? undefined : await grantFor(request, {world, depth, random});
  const signer = grant ? grant.holders.at(-1)! : request.owner;
  return {...request, signer, grant, root: rootCapabilityId(request.rootTarget)};
}

/** The draft of a base's request, of all of it signed and right. */
export function draftOf(
  {method, url, json, action, signer, grant, root}: Base,
  capability?: string | object,
): RequestDraft {
  return draftRequest({
    method,
    url,
    ...(json && {json}),
    action,
    signer,
    capability: capability ?? (grant ? leafOf(grant) : root),
  });
}

export function nameOf({kind, grant}: Base): string {
  return `${kind}, ${grant?.links.length ?? 0} delegations`;
}

export function weighted<T>(random: Random, items: readonly (readonly [T, number])[]): T {
  let left = random.below(items.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [item, weight] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  throw new RangeError('Nothing to pick from.');
}

/** Capabilities for the collection of keystores cannot be delegated, since they could not be revoked. */
function possibleDepths(kind: Kind): readonly number[] {
  if (kind === 'createKeystore' || kind === 'listKeystores') return [0];
  return CHANGING.includes(kind) ? [0, 1, 2] : [0, ...DEPTHS];
}

async function grantFor(
  {rootTarget, key, owner, isFresh = false, url, action}: BaseRequest,
  {world, depth, random}: {world: World; depth: number; random: Random},
): Promise<Grant> {
  if (!isFresh) return world.grant(depth !== 9 && random.chance(0.5) ? key : undefined, depth);
  const holders = [owner, ...world.parties.slice(0, depth)];
  return makeGrant({rootTarget, target: url, actions: [action], holders});
}
