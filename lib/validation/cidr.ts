import ipaddr from 'ipaddr.js';

/**
 * Whether `text` is an IPv4 or IPv6 network in CIDR notation: no octal, hexadecimal or shortened IPv4 parts, and no
 * IPv4 in IPv6's clothes, as a client's address is always read as the IPv4 address that it is.
 */
export function isCidr(text: string): boolean {
  if (!text.includes(':')) return ipaddr.IPv4.isValidCIDRFourPartDecimal(text);
  return ipaddr.IPv6.isValidCIDR(text) && !ipaddr.IPv6.parseCIDR(text)[0].isIPv4MappedAddress();
}
