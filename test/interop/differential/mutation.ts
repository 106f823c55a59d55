import type {CapabilityDraft} from '../../support/delegate.ts';
import type {Random} from '../../support/random.ts';
import {signDraft, type RequestDraft, type WireRequest} from '../../support/signed-request.ts';
import type {Exception} from '../exceptions.ts';
import type {StricterPlace} from '../stricter.ts';
import type {Attempt, Verdict} from './attempt.ts';
import {draftOf, makeBase, nameOf, type Base, type BaseFilter} from './base.ts';
import {leafOf, relink, type LinkChanges} from './grant.ts';
import type {World} from './world.ts';

/** What a mutation is made with. */
export interface Kit {
  readonly world: World;
  readonly random: Random;
}

export type Make = (kit: Kit) => Attempt | Promise<Attempt>;

/** One way to change a valid request, and what both servers make of it. */
export interface Mutation {
  /** E.g. `R13`. */
  readonly requirement: string;
  readonly name: string;
  readonly ours: Verdict;
  readonly reference: Verdict;
  /** Where only we refuse: why. */
  readonly stricter?: StricterPlace;
  /** Where only the reference refuses: why. */
  readonly exception?: Exception;
  readonly make: Make;
}

/** A table of mutations of one requirement. */
export class Mutations {
  readonly list: Mutation[] = [];
  readonly #requirement: string;

  constructor(requirement: string) {
    this.#requirement = requirement;
  }

  /** Both refuse. */
  refused(name: string, make: Make): this {
    return this.#add({name, ours: 'refuses', reference: 'refuses', make});
  }

  /** Both accept: what looks like a flaw is none. */
  accepted(name: string, make: Make): this {
    return this.#add({name, ours: 'accepts', reference: 'accepts', make});
  }

  /** Only we refuse. */
  stricter(name: string, place: StricterPlace, make: Make): this {
    return this.#add({name, ours: 'refuses', reference: 'accepts', stricter: place, make});
  }

  /** Only the reference refuses. */
  excepted(name: string, exception: Exception, make: Make): this {
    return this.#add({name, ours: 'accepts', reference: 'refuses', exception, make});
  }

  #add(mutation: Omit<Mutation, 'requirement'>): this {
    this.list.push({requirement: this.#requirement, ...mutation});
    return this;
  }
}

/** Changes a valid request before it is signed. */
export function onDraft(
  change: (
    draft: RequestDraft,
    base: Base,
    kit: Kit,
  ) => Partial<RequestDraft> | Promise<Partial<RequestDraft>>,
  filter: BaseFilter = {},
): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, filter);
    const draft = draftOf(base);
    return {base: nameOf(base), request: signDraft({...draft, ...(await change(draft, base, kit))})};
  };
}

/** Changes a valid request after it was signed. */
export function onWire(
  change: (request: WireRequest, base: Base, kit: Kit) => WireRequest | Buffer,
  filter: BaseFilter = {},
): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, filter);
    return {base: nameOf(base), request: change(signDraft(draftOf(base)), base, kit)};
  };
}

/** Changes what is asked for; signs that. */
export function onBase(
  change: (base: Base, kit: Kit) => Base | Promise<Base>,
  filter: BaseFilter = {},
): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, filter);
    return {base: nameOf(base), request: signDraft(draftOf(await change(base, kit)))};
  };
}

/** Kinds and depths that delegations are tried on, unless a mutation says otherwise. */
const DELEGATED: BaseFilter = {depths: [1, 2, 3]};

/** Changes links of the chain before they are signed, and invokes the last. */
export function onLinks(
  changes: (base: Base, kit: Kit) => LinkChanges | Promise<LinkChanges>,
  filter: BaseFilter = DELEGATED,
): Make {
  return onBase(
    async (base, kit) => ({...base, grant: await relink(base.grant!, await changes(base, kit))}),
    filter,
  );
}

/** Changes the invoked capability before it is signed. */
export function onLeaf(
  change: (draft: CapabilityDraft, base: Base, kit: Kit) => CapabilityDraft,
  filter: BaseFilter = DELEGATED,
): Make {
  return onLinks((base, kit) => ({[-1]: (draft) => change(draft, base, kit)}), filter);
}

/** Sets members of the invoked capability before it is signed. */
export function leafMembers(
  members: (base: Base, kit: Kit, draft: CapabilityDraft) => Readonly<Record<string, unknown>>,
  filter: BaseFilter = DELEGATED,
): Make {
  return onLeaf((draft, base, kit) => withMembers(draft, members(base, kit, draft)), filter);
}

/** Sets members of the invoked capability's proof before it is signed. */
export function proofMembers(
  members: (base: Base, kit: Kit, draft: CapabilityDraft) => Readonly<Record<string, unknown>>,
  filter: BaseFilter = DELEGATED,
): Make {
  return onLeaf(
    (draft, base, kit) => ({...draft, proof: {...draft.proof, ...members(base, kit, draft)}}),
    filter,
  );
}

/** Changes the invoked capability after it was signed: its proof is for another document, unless both mean the same. */
export function afterSigning(
  change: (leaf: Readonly<Record<string, unknown>>, base: Base, kit: Kit) => unknown,
  filter: BaseFilter = DELEGATED,
): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, filter);
    const changed = change(leafOf(base.grant!), base, kit) as object;
    return {base: nameOf(base), request: signDraft(draftOf(base, changed))};
  };
}

/** Sets members of a capability's document; undefined takes one away. */
export function withMembers(
  draft: CapabilityDraft,
  members: Readonly<Record<string, unknown>>,
): CapabilityDraft {
  const entries = Object.entries({...draft.document, ...members}).filter(([, value]) => value !== undefined);
  return {...draft, document: Object.fromEntries(entries)};
}

/** Unix seconds from now, as a text. */
export function seconds(fromNow: number): string {
  return String(Math.floor(Date.now() / 1000) + fromNow);
}

/** XSD date-time, in whole seconds. */
export function date(fromNowMs: number): string {
  return `${new Date(Date.now() + fromNowMs).toISOString().slice(0, -5)}Z`;
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** An object without some of its members. */
export function without(object: object, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}
