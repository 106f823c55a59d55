import {isDeepStrictEqual} from 'node:util';
import {signCapability} from '../../support/delegate.ts';
import type {Random} from '../../support/random.ts';
import {
  capabilityInvocation,
  digestOf,
  signDraft,
  type RequestDraft,
  type WireRequest,
} from '../../support/signed-request.ts';
import type {HostileScene} from '../support/hostile-scene.ts';
import {ONCE, REPEATABLE, type Base, type Bases, type Kind} from './bases.ts';
import {changeBytes} from './byte-changes.ts';
import {DRAFT_CHANGES} from './draft-changes.ts';
import {changeJson, spoilText} from './json-changes.ts';
import type {Changed, Fate, Mutant} from './mutant.ts';
import {isGoodBody, isSameCapability} from './same-meaning.ts';
import {WIRE_CHANGES} from './wire-changes.ts';

const KINDS: readonly Kind[] = [...REPEATABLE, ...ONCE];
/** Kinds whose body's every member is told good from bad by `isGoodBody`. */
const JSON_KINDS: readonly Kind[] = [
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'createKeystore',
  'generateKey',
  'updateKeystore',
  'revoke',
];

interface Kit {
  readonly scene: HostileScene;
  readonly bases: Bases;
  readonly random: Random;
}

type Maker = (kit: Kit) => Promise<Mutant | undefined> | Mutant | undefined;

const MAKERS: readonly (readonly [weight: number, make: Maker])[] = [
  [22, ofBytes],
  [22, ofWire],
  [20, ofDraft],
  [13, ofJson],
  [5, ofText],
  [15, ofCapability],
  [3, ofDelegation],
];

/** Makes a mutant of a random request. Everything about it but the clock's time follows from `random`. */
export async function makeMutant(kit: Kit): Promise<Mutant> {
  for (;;) {
    const mutant = await pickMaker(kit.random)(kit);
    if (mutant && !(mutant.fate !== 'refused' && ONCE.includes(mutant.kind))) return mutant;
  }
}

function pickMaker(random: Random): Maker {
  let left = random.below(MAKERS.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of MAKERS) {
    left -= weight;
    if (left < 0) return make;
  }
  throw new RangeError('The weights do not add up.');
}

function ofBytes({bases, random}: Kit): Mutant | undefined {
  const {kind, draft} = bases.of(random.pick(KINDS), random);
  const request = changeBytes(signDraft(draft), random);
  return request && {name: 'bytes', kind, fate: 'refused', request};
}

function ofWire({bases, random}: Kit): Mutant | undefined {
  const {kind, draft} = bases.of(random.pick(KINDS), random);
  const otherKind = random.pick(KINDS.filter((other) => other !== kind));
  const other = signDraft(bases.of(otherKind, random).draft);
  const [name, change] = random.pick(Object.entries(WIRE_CHANGES));
  return asMutant(name, kind, change(signDraft(draft), random, other), (request) => request);
}

function ofDraft({scene, bases, random}: Kit): Mutant | undefined {
  const {kind, draft} = bases.of(random.pick(KINDS), random);
  const [name, change] = random.pick(Object.entries(DRAFT_CHANGES));
  return asMutant(name, kind, change(draft, random, scene.stranger), signDraft);
}

function ofJson({bases, random}: Kit): Mutant | undefined {
  const {kind, draft, json = {}} = bases.of(random.pick(JSON_KINDS), random);
  const changed = changeJson(json, random);
  if (isDeepStrictEqual(changed, json)) return undefined;
  const fate: Fate = isGoodBody(kind, changed, json) ? 'accepted' : 'refused';
  const request = signDraft(withText(draft, JSON.stringify(changed)));
  return {name: 'the body', kind, fate, request};
}

function ofText({bases, random}: Kit): Mutant | undefined {
  const {kind, draft, json} = bases.of(random.pick(JSON_KINDS), random);
  const request = signDraft(withText(draft, spoilText(JSON.stringify(json), random)));
  return {name: "the body's text", kind, fate: 'refused', request};
}

/** A delegated capability changed after it was signed; who invokes it signs that. */
function ofCapability(kit: Kit): Mutant | undefined {
  const {random} = kit;
  const {kind, draft, capability} = delegatedBase(kit);
  if (!capability) return undefined;
  const changed = changeJson(capability, random);
  if (isDeepStrictEqual(changed, capability)) return undefined;
  const fate: Fate = isSameCapability(changed, capability) ? 'accepted' : 'refused';
  return {name: 'a capability', kind, fate, request: invoking(draft, changed)};
}

/** A capability that its delegator signed like that: a right one or not, as long as the server can tell. */
async function ofDelegation({scene, bases, random}: Kit): Promise<Mutant | undefined> {
  const {draft} = bases.of('sign', random);
  const [[, capability] = []] = bases.chains;
  if (!capability) return undefined;
  const {proof, ...document} = capability;
  const changed = changeJson({document, proof: {...proof, proofValue: undefined}}, random) as {
    document: object;
    proof: object;
  };
  const delegator = scene.owner;
  const signed = await signCapability({delegator, ...changed} as Parameters<typeof signCapability>[0]).catch(
    () => undefined,
  );
  if (!signed) return undefined;
  const {keyId} = scene.alice;
  return {
    name: 'a delegation',
    kind: 'sign',
    fate: 'either',
    request: invoking({...draft, keyId, signer: scene.alice}, signed),
  };
}

function delegatedBase({bases, random}: Kit): Base {
  return bases.of(
    random.pick(['sign', 'verify', 'unwrapKey', 'readKey', 'readKeystore', 'listKeys', 'generateKey']),
    random,
  );
}

function invoking(draft: RequestDraft, capability: unknown): WireRequest {
  const action = /action="([^"]*)"/.exec(draft.capabilityInvocation ?? '')?.[1] ?? '';
  const header = capabilityInvocation({capability: capability as object, action});
  return signDraft({...draft, capabilityInvocation: header});
}

function withText(draft: RequestDraft, text: string | Buffer): RequestDraft {
  const body = Buffer.from(text as string);
  return {...draft, body, digest: digestOf(body)};
}

function asMutant<T>(
  name: string,
  kind: Kind,
  changed: Changed<T> | undefined,
  toRequest: (subject: T) => WireRequest,
): Mutant | undefined {
  return changed && {name, kind, fate: changed.fate, request: toRequest(changed.subject)};
}
