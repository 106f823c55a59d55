import {parseXsdDateTime} from '../../encoding/xsd-date-time.ts';
import {MalformedRequestError} from '../../errors.ts';
import {
  assertCapability,
  type Capability,
  isWithin,
  type RequestSigner,
  rootCapability,
} from './capability.ts';

export interface DelegationRequest {
  /** The DID that gets it. */
  readonly to: string;
  /** Capability actions, e.g. `sign`. */
  readonly actions: readonly string[];
  /** Until when it is good; how long that may be is the server's to say. */
  readonly expires: Date;
  /** The key's URL; absent: the whole keystore. */
  readonly keyId?: string;
}

/**
 * Delegates offline: nobody is asked, and nobody learns of it before it is used. From the keystore's root, or from `parent`, a
 * capability that was delegated to the signer itself.
 * @throws MalformedRequestError where it makes no sense
 */
export async function delegateCapability(
  {to, actions, expires, keyId}: DelegationRequest,
  {
    signer,
    keystoreId,
    parent,
    now,
  }: {
    readonly signer: RequestSigner;
    readonly keystoreId: string;
    /** Milliseconds since the epoch. */
    readonly now: number;
    readonly parent?: Capability | undefined;
  },
): Promise<Capability> {
  const invocationTarget = keyId ?? parent?.invocationTarget ?? keystoreId;
  if (!isWithin(invocationTarget, parent?.invocationTarget ?? keystoreId)) {
    throw new MalformedRequestError('Only what a capability is for can be delegated with it.');
  }
  if (actions.length === 0) throw new MalformedRequestError('Say which actions are delegated.');
  if (Number.isNaN(expires.getTime())) throw new MalformedRequestError('"expires" must be a date.');
  if (expires.getTime() <= now) throw new MalformedRequestError('"expires" must be a time to come.');
  const until = parent && parseXsdDateTime(String(parent['expires']));
  // Capabilities say it in whole seconds.
  if (until !== undefined && Math.floor(expires.getTime() / 1000) * 1000 > until) {
    throw new MalformedRequestError(
      `What is delegated on cannot last longer than what was delegated: until ${String(parent?.['expires'])}.`,
    );
  }
  // A second or so to load: only who delegates does.
  const [{ZcapClient}, {Ed25519Signature2020}] = await Promise.all([
    import('@digitalbazaar/ezcap'),
    import('@digitalbazaar/ed25519-signature-2020'),
  ]);
  const client = new ZcapClient({SuiteClass: Ed25519Signature2020, delegationSigner: signer});
  const capability = await client.delegate({
    capability: parent ?? rootCapability(keystoreId),
    controller: to,
    invocationTarget,
    expires,
    allowedActions: [...actions],
  });
  assertCapability(capability);
  return capability;
}
