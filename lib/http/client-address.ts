import {isIP, isIPv4} from 'node:net';
import ipaddr from 'ipaddr.js';

export interface ClientAddress {
  /** Canonical: IPv4 where it is one (also if mapped into IPv6), IPv6 lower-case and shortened, without a zone. */
  readonly address: string;
  /** A trusted proxy forwarded something that is no address: nobody can tell who the client is. */
  readonly malformed: boolean;
}

export type ReadClientAddress = (socketAddress: string, forwardedFor: readonly string[]) => ClientAddress;

/**
 * Who the client is (R49): the socket's peer; where that is a trusted proxy, the last address of `X-Forwarded-For`
 * that is not one. What stands before that was written by the client, and is not looked at.
 *
 * @param trustedProxies CIDR blocks
 */
export function createClientAddressReader(trustedProxies: readonly string[]): ReadClientAddress {
  const blocks = trustedProxies.map((cidr) => ipaddr.parseCIDR(cidr));

  const isTrusted = (address: string): boolean => {
    const parsed = ipaddr.process(address);
    return blocks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
  };

  return (socketAddress, forwardedFor) => {
    const peer = canonicalAddress(socketAddress) ?? socketAddress;
    if (blocks.length === 0 || forwardedFor.length === 0 || !isTrusted(peer))
      return {address: peer, malformed: false};
    let address = peer;
    for (const hop of forwardedFor.join(',').split(',').reverse()) {
      const forwarded = canonicalAddress(withoutPort(hop.trim()));
      if (forwarded === undefined) return {address: peer, malformed: true};
      address = forwarded;
      if (!isTrusted(address)) break;
    }
    return {address, malformed: false};
  };
}

/** `undefined` where the text is no address. Dotted IPv4 in decimal only. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const [address = ''] = text.split('%');
  return isIP(address) === 6 ? ipaddr.process(address).toString() : undefined;
}

/** Some proxies add the port: `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
function withoutPort(hop: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$/.exec(hop) ?? [];
  return bracketed ?? dotted ?? hop;
}
