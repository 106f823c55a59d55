import {isIP} from 'node:net';
import {domainToASCII} from 'node:url';

/** Where to listen. `host` is an IP address or a host name, without brackets. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9443`, `[::]:9443`; port 0 asks for a free one. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  const valid =
    bracketed === undefined ? host !== undefined && domainToASCII(host) !== '' : isIP(bracketed) === 6;
  if (host === undefined || !valid || !(port <= 65_535)) {
    throw new Error('must be an address and a port, such as 127.0.0.1:9443 or [::]:9443');
  }
  return {host, port};
}

/** An https origin, spelled as URLs of this origin begin: what clients send as `Host` is compared with it exactly. */
export function parseHttpsOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.origin !== text) {
    throw new Error(
      'must be an https origin such as https://kms.example: lower-case host, no path, no final slash, no port 443',
    );
  }
  return url.origin;
}

/** `10.0.0.0/8`, `fd00::/8`; a single address stands for itself. */
export function parseCidr(text: string): string {
  const [address = '', bits, ...rest] = text.split('/');
  const width = {0: 0, 4: 32, 6: 128}[isIP(address)] ?? 0;
  const length = bits === undefined ? width : /^(0|[1-9][0-9]{0,2})$/.test(bits) ? Number(bits) : NaN;
  if (width === 0 || address.includes('%') || rest.length > 0 || !(length <= width)) {
    throw new Error('must be a comma list of CIDR blocks such as 10.0.0.0/8 or fd00::/8');
  }
  return `${address}/${length}`;
}

/** A DID without path, query or fragment. */
export function parseDid(text: string): string {
  if (!/^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$/.test(text))
    throw new Error('must be open, or a comma list of DIDs');
  return text;
}
