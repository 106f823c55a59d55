import {KmsConnectionError} from '../client-errors.ts';

/** What to look at, by the code of what went wrong. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there: is the server running, and is the port right?'],
  ['ENOTFOUND', 'there is no such host: is the name right?'],
  ['EAI_AGAIN', 'the name of the host could not be looked up: is there a network?'],
  ['EHOSTUNREACH', 'the host cannot be reached: is there a network?'],
  ['ENETUNREACH', 'the host cannot be reached: is there a network?'],
  ['ETIMEDOUT', 'there was no answer in time: is the server running, or a firewall in between?'],
  ['ECONNRESET', 'the connection broke: what was asked for may have been done or not.'],
  ['EPIPE', 'the connection broke: what was asked for may have been done or not.'],
  ['EPROTO', 'what listens there does not speak TLS: is the URL right?'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'what listens there does not speak TLS: is the URL right?'],
  ['CERT_HAS_EXPIRED', 'the certificate of the server has expired.'],
  ['CERT_NOT_YET_VALID', 'the certificate of the server is not valid yet: is the clock right?'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of the server is for another name.'],
]);

/** The certificate's issuer is none that is known. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Where a reply was expected, and none came: says where, and what to look at. */
export function connectionError(
  cause: unknown,
  {url, reused = false}: {readonly url: string; readonly reused?: boolean},
): KmsConnectionError {
  const code = codeOf(cause);
  const advice = UNTRUSTED.has(code)
    ? 'the certificate of the server is not trusted: give that of its issuer, or itself where it is self-signed, as CA (webkms init --ca FILE).'
    : (ADVICE.get(code) ?? `the connection failed (${code}).`);
  const error = new KmsConnectionError(`${new URL(url).host} could not be asked: ${advice}`, {cause});
  if (reused && code === 'ECONNRESET') staleConnections.add(error);
  return error;
}

const staleConnections = new WeakSet<Error>();

/** Whether a connection that had been used before was closed from the other side: what only reads may be asked again. */
export function wasStaleConnection(error: unknown): boolean {
  return error instanceof Error && staleConnections.has(error);
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return 'unknown';
  return String(cause.code);
}
