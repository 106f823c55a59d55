import {randomUUID} from 'node:crypto';
import {encode} from 'base58-universal';
import type {Controller} from './did-key.ts';
import {
  signDelegation,
  SUITE_CONTEXT_URL,
  verifyData,
  ZCAP_CONTEXT_URL,
  type LdDocument,
} from './ld-signatures.ts';

/** A delegated capability, proof included. */
export interface Capability extends LdDocument {
  readonly id: string;
  readonly controller: string | readonly string[];
  readonly invocationTarget: string;
  readonly allowedAction?: string | readonly string[];
  readonly expires: string;
  readonly proof: LdDocument & {readonly created: string; readonly capabilityChain: readonly unknown[]};
}

export interface DelegateOptions {
  /** Id of a root capability, or the delegated capability to delegate on. */
  readonly parent: string | Capability;
  readonly delegator: Controller;
  readonly controller: Controller | string | readonly string[];
  /** Default: the parent's. */
  readonly invocationTarget?: string;
  /** Default: the parent's; null: none. */
  readonly allowedAction?: string | readonly string[] | null;
  /** Default: the parent's, or an hour from now. */
  readonly expires?: Date | string;
  /** Default: the parent's, or now. */
  readonly created?: Date | string;
  /** Default: a random `urn:uuid:`. */
  readonly id?: string;
}

/** A capability before it is signed: change anything, then `signCapability`. */
export interface CapabilityDraft {
  /** Without proof. */
  readonly document: LdDocument;
  /** Without `proofValue`. */
  readonly proof: LdDocument;
  readonly delegator: Controller;
}

/** Delegates with the official libraries, as `@digitalbazaar/ezcap` does. */
export async function delegate(options: DelegateOptions): Promise<Capability> {
  const {document, proof, delegator} = draftCapability(options);
  const signed = await signDelegation(document, {
    signer: delegator.signer,
    created: proof['created'] as string,
    parentCapability: options.parent,
  });
  return signed as Capability;
}

/** What `delegate` would sign, with nothing checked. */
export function draftCapability(options: DelegateOptions): CapabilityDraft {
  const {parent, delegator, controller, id = `urn:uuid:${randomUUID()}`} = options;
  const inherited: Partial<Capability> =
    typeof parent === 'string' ? {invocationTarget: targetOfRoot(parent)} : parent;
  const allowedAction = options.allowedAction === undefined ? inherited.allowedAction : options.allowedAction;
  const expires = options.expires ?? inherited.expires ?? new Date(Date.now() + 3600_000);
  const created = options.created ?? inherited.proof?.created ?? new Date();
  return {
    document: {
      '@context': [ZCAP_CONTEXT_URL, SUITE_CONTEXT_URL],
      id,
      controller: typeof controller === 'object' && 'did' in controller ? controller.did : controller,
      parentCapability: typeof parent === 'string' ? parent : parent.id,
      invocationTarget: options.invocationTarget ?? inherited.invocationTarget,
      ...(allowedAction !== undefined && allowedAction !== null && {allowedAction}),
      expires: dateTime(expires),
    },
    proof: {
      type: 'Ed25519Signature2020',
      created: dateTime(created),
      verificationMethod: delegator.keyId,
      proofPurpose: 'capabilityDelegation',
      capabilityChain: chainTo(parent),
    },
    delegator,
  };
}

/**
 * Signs any draft: right proof, wrong capability. Where the canonical form cannot hold what the draft says (terms that
 * no context defines), it is signed without it, and a verifier in safe mode refuses; where the draft is no JSON-LD at
 * all, there is no right proof, and some bytes are signed.
 */
export async function signCapability({document, proof, delegator}: CapabilityDraft): Promise<Capability> {
  const data = await verifyData(document, proof)
    .catch(async () => verifyData(document, proof, {safe: false}))
    .catch(() => Buffer.alloc(64));
  return {
    ...document,
    proof: {...proof, proofValue: `z${encode(delegator.sign(data))}`},
  } as unknown as Capability;
}

/**
 * Delegates along `holders`: the first is the root's controller, each delegates to the next. `change` may alter any
 * link (0 is the one delegated from the root) before it is signed; later links are made from what came out.
 */
export async function delegateChain(
  options: Omit<DelegateOptions, 'delegator' | 'controller' | 'parent'> & {
    readonly root: string;
    readonly holders: readonly Controller[];
    readonly change?: (draft: CapabilityDraft, index: number) => CapabilityDraft;
  },
): Promise<readonly Capability[]> {
  const {root, holders, change, ...common} = options;
  const links: Capability[] = [];
  for (const [index, delegator] of holders.slice(0, -1).entries()) {
    const draft = draftCapability({
      ...common,
      parent: links.at(-1) ?? root,
      delegator,
      controller: holders[index + 1]!,
    });
    links.push(await signCapability(change?.(draft, index) ?? draft));
  }
  return links;
}

/** The `capabilityChain` of a child of `parent`: ids, but for the last, which is embedded where it is delegated. */
export function chainTo(parent: string | Capability): readonly unknown[] {
  if (typeof parent === 'string') return [parent];
  const ids = parent.proof.capabilityChain.map((entry) =>
    typeof entry === 'string' ? entry : (entry as Capability).id,
  );
  return [...ids, parent];
}

/** XSD date-time in whole seconds, as the official clients write it; texts stay as they are. */
export function dateTime(date: Date | string): string {
  return typeof date === 'string' ? date : `${date.toISOString().slice(0, -5)}Z`;
}

function targetOfRoot(rootId: string): string {
  return decodeURIComponent(rootId.slice('urn:zcap:root:'.length));
}
