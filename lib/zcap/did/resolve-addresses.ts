import {Resolver} from 'node:dns/promises';

/** Gives all addresses of a host name, or none; never throws for a name that does not resolve. */
export type ResolveAddresses = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface DnsOptions {
  /** `address:port` of name servers; absent: the system's. */
  readonly servers?: readonly string[];
}

/**
 * Asks the DNS for A and AAAA. Not `dns.lookup`: that would read the hosts file and search lists, and a slow name server
 * would keep the few threads busy that also serve files.
 */
export function createDnsResolution({servers}: DnsOptions = {}): ResolveAddresses {
  return async (host, signal) => {
    const resolver = new Resolver({timeout: 1000, tries: 2});
    if (servers !== undefined) resolver.setServers(servers);
    signal.addEventListener('abort', () => resolver.cancel(), {once: true});
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  };
}
