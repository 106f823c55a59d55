import type {Capability} from '../../../support/delegate.ts';
import type {Controller} from '../../../support/did-key.ts';
import {rootCapabilityId, signedRequest, type WireRequest} from '../../../support/signed-request.ts';
import type {Attempt} from '../attempt.ts';
import {type Grant, leafOf} from '../grant.ts';
import type {Kit, Make} from '../mutation.ts';

export interface Revocation {
  readonly by: Controller;
  /** What is posted. */
  readonly capability: Capability;
  /** The last segment of the URL. Default: the capability's id, encoded. */
  readonly segment?: string;
  /** What is invoked. Default: the root of the URL. */
  readonly invoke?: string | object;
  readonly keystore?: string;
}

/** Asks to revoke a capability. */
export function revoke(
  {world}: Kit,
  {by, capability, segment, invoke, keystore = world.property.keystore}: Revocation,
): WireRequest {
  const url = `${keystore}/zcaps/revocations/${segment ?? encodeURIComponent(capability.id)}`;
  return signedRequest({
    url,
    json: capability,
    action: 'write',
    signer: by,
    capability: invoke ?? rootCapabilityId(url),
  });
}

/** The root of the keystore, which its owner may invoke for any revocation. */
export const keystoreRoot = ({world}: Kit): string => rootCapabilityId(world.property.keystore);

/** A revocation of something delegated for it alone. */
export function revocation(
  write: (kit: Kit, grant: Grant) => Revocation | Promise<Revocation>,
  depth = 1,
): Make {
  return async (kit) => {
    const grant = await kit.world.freshGrant(kit.world.property, depth, kit.random);
    return {base: `revoke, chain of ${depth + 1}`, request: revoke(kit, await write(kit, grant))};
  };
}

/** Uses the key of a fresh grant. */
export function use({world, random}: Kit, grant: Grant, capability: object = leafOf(grant)): WireRequest {
  const url = world.property.keys.ed25519;
  const signer = grant.holders.at(-1)!;
  const json = {
    type: 'SignOperation',
    invocationTarget: url,
    verifyData: random.bytes(8).toString('base64url'),
  };
  return random.chance(0.5)
    ? signedRequest({url, json, action: 'sign', signer, capability})
    : signedRequest({url, action: 'read', signer, capability});
}

/** Does something after a link of a fresh grant was revoked. */
export function after(
  index: number,
  depth: number,
  then: (kit: Kit, grant: Grant) => WireRequest | Promise<WireRequest>,
): Make {
  return async (kit): Promise<Attempt> => {
    const grant = await kit.world.freshGrant(kit.world.property, depth, kit.random);
    const prelude = [
      revoke(kit, {by: kit.world.property.owner, capability: grant.links[index]!, invoke: keystoreRoot(kit)}),
    ];
    return {
      base: `chain of ${depth + 1}, link ${index + 1} revoked`,
      prelude,
      request: await then(kit, grant),
    };
  };
}
