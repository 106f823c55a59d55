import {isIP} from 'node:net';
import ipaddr from 'ipaddr.js';

/** All of IPv6 that is global unicast (RFC 4291 §2.4 as assigned by IANA); `range` then takes the special parts out. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether an address is public: not private, loopback, link-local, multicast, unspecified, shared (CGNAT), reserved, for
 * documentation or benchmarking, nor one that carries an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo),
 * which would be a second way of writing any of those.
 */
export function isPublicAddress(address: string): boolean {
  // `ipaddr.parse` also takes octal, hexadecimal and shortened forms.
  if (isIP(address) === 0) return false;
  const ip = ipaddr.parse(address);
  if (ip.range() !== 'unicast') return false;
  return ip.kind() === 'ipv4' || ip.match(GLOBAL_UNICAST);
}
