import ipaddr from 'ipaddr.js';
import {SourceAddressError} from '../errors.ts';

/**
 * Checks an address against a keystore's `ipAllowList` (R49). An address or entry that cannot be read allows nothing.
 * @throws SourceAddressError
 */
export function assertSourceAddress(address: string, ipAllowList: readonly string[] | undefined): void {
  if (ipAllowList === undefined) return;
  if (!ipaddr.isValid(address)) throw new SourceAddressError();
  const parsed = ipaddr.process(address);
  const allowed = ipAllowList.some((cidr) => {
    if (!ipaddr.isValidCIDR(cidr)) return false;
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
  if (!allowed) throw new SourceAddressError();
}
