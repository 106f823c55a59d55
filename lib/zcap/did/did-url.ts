import {DidError} from './did-error.ts';

export interface DidUrl {
  readonly did: string;
  /** Without `#`; undefined where the DID URL is a bare DID. */
  readonly fragment: string | undefined;
}

const MAX_LENGTH = 1024;

/** DID Core §3.1 and §3.2 without path, query and parameters; the fragment is RFC 3986's. */
const DID_URL =
  /^(did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})+)(?:#((?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+))?$/;

/** @throws DidError `syntax` */
export function parseDidUrl(text: string): DidUrl {
  const match = text.length <= MAX_LENGTH ? DID_URL.exec(text) : null;
  if (match?.[1] === undefined) throw new DidError('syntax');
  return {did: match[1], fragment: match[2]};
}
