import {DidError} from './did-error.ts';

export interface DidWebLocation {
  readonly host: string;
  readonly port: number;
  /** Absolute path of the DID document. */
  readonly path: string;
}

const PREFIX = 'did:web:';
const DEFAULT_PORT = 443;
const MAX_HOST_LENGTH = 253;

/**
 * Two or more lower-case LDH labels, the last beginning with a letter: neither an IP address in any notation, nor a bare name
 * that a search list would complete. A port is `%3A` and a number; nothing else may be percent-encoded.
 */
const DOMAIN =
  /^((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:%3A([1-9]\d{0,4}))?$/;

/** Plain characters only, and no dot segment. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

/**
 * Where a did:web's document is (did:web Method Specification §2.5.2), in the one spelling that this server takes.
 * @throws DidError `syntax`
 */
export function didWebLocation(did: string): DidWebLocation {
  const [domain = '', ...segments] = did.slice(PREFIX.length).split(':');
  const match = did.startsWith(PREFIX) ? DOMAIN.exec(domain) : null;
  const host = match?.[1];
  if (
    host === undefined ||
    host.length > MAX_HOST_LENGTH ||
    !segments.every((segment) => SEGMENT.test(segment))
  ) {
    throw new DidError('syntax');
  }
  const folder = segments.length === 0 ? '.well-known' : segments.join('/');
  return {host, port: Number(match?.[2] ?? DEFAULT_PORT), path: `/${folder}/did.json`};
}
