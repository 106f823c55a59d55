import {parseXsdDateTime} from '../../encoding/xsd-date-time.ts';
import {MalformedRequestError, NotAllowedError} from '../../errors.ts';

/** Signs with an Ed25519 key; `id` is the DID URL of its verification method, e.g. `did:key:z6Mk…#z6Mk…`. */
export interface RequestSigner {
  readonly id: string;
  sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
}

/** The DID whose verification method signs. */
export function didOf({id}: Pick<RequestSigner, 'id'>): string {
  const [did = ''] = id.split('#');
  return did;
}

/** A delegated capability, proof included, as it is delegated. */
export type Capability = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly invocationTarget: string;
};

/** What proves that requests may be made: the keystore's own controller needs no capabilities. */
export interface ConnectionCredential {
  readonly signer: RequestSigner;
  /** Delegated to the signer; of several that fit a request the narrowest is used, of several for the same target the last. */
  readonly capabilities?: readonly Capability[];
}

/** @throws MalformedRequestError where `value` has not the members that make a capability. */
export function assertCapability(value: unknown): asserts value is Capability {
  const {id, invocationTarget, parentCapability, proof} = Object(value) as Record<string, unknown>;
  if (
    typeof id !== 'string' ||
    typeof invocationTarget !== 'string' ||
    typeof parentCapability !== 'string' ||
    typeof proof !== 'object'
  ) {
    throw new MalformedRequestError('A capability must be a delegated one, with its proof.');
  }
}

/**
 * The capability to invoke: one of those given, or else the root of the keystore, by its id. One that has expired by this clock is
 * used where there is no other.
 * @throws NotAllowedError where none fits
 */
export function chooseCapability(
  capabilities: readonly Capability[],
  {
    keystoreId,
    url,
    actions,
    orAny = false,
    now,
  }: {
    readonly keystoreId: string;
    readonly url: string;
    readonly actions: readonly string[];
    /** Whether one that allows something else will do where none allows these. */
    readonly orAny?: boolean | undefined;
    /** Milliseconds since the epoch. */
    readonly now: number;
  },
): Capability | string {
  if (capabilities.length === 0) return rootCapability(keystoreId);
  const isFor = (capability: Capability): boolean => actions.every((action) => allows(capability, action));
  const [best] = capabilities
    .filter((capability) => isWithin(url, capability.invocationTarget) && (orAny || isFor(capability)))
    .reverse()
    .sort(
      (a, b) =>
        Number(hasExpired(a, now)) - Number(hasExpired(b, now)) ||
        Number(isFor(b)) - Number(isFor(a)) ||
        b.invocationTarget.length - a.invocationTarget.length,
    );
  if (best) return best;
  throw new NotAllowedError(
    'no-capability',
    `None of the capabilities of this connection allows ${actions.join(', ')} here.`,
  );
}

/** The id of a root capability. */
export function rootCapability(url: string): string {
  return `urn:zcap:root:${encodeURIComponent(url)}`;
}

/** Where the target of a request is the capability's, or under it. */
export function isWithin(url: string, invocationTarget: string): boolean {
  return (
    url === invocationTarget ||
    url.startsWith(`${invocationTarget}/`) ||
    url.startsWith(`${invocationTarget}?`)
  );
}

function allows({allowedAction}: Capability, action: string): boolean {
  if (allowedAction === undefined) return true;
  return Array.isArray(allowedAction) ? allowedAction.includes(action) : allowedAction === action;
}

function hasExpired({expires}: Capability, now: number): boolean {
  const time = typeof expires === 'string' ? parseXsdDateTime(expires) : undefined;
  return time !== undefined && time <= now;
}
