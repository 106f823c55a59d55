import {MalformedRequestError, NotAllowedError} from '../errors.ts';
import {parseAuthParameters} from './auth-parameters.ts';
import type {HttpSignature} from './envelope.ts';
import {CLOCK_SKEW_SECONDS, MAX_SIGNATURE_SECONDS} from './limits.ts';
import {parseSignedHeaders, type SignedHeaders} from './signed-headers.ts';

const NAMES = ['keyId', 'headers', 'signature', 'created', 'expires'];
const UNIX_SECONDS = /^[1-9][0-9]{0,11}$/;
const MAX_KEY_ID_LENGTH = 2048;

/**
 * Parses an `Authorization: Signature …` header and checks its time window (R2–R4, R10); verifies nothing.
 * @param now Unix seconds.
 */
export function parseHttpSignature(
  authorization: string | undefined,
  now: number,
): {readonly httpSignature: HttpSignature; readonly signedHeaders: SignedHeaders} {
  const parameters =
    authorization === undefined
      ? undefined
      : parseAuthParameters(authorization, {scheme: 'Signature', names: NAMES});
  if (!parameters) throw malformed();
  const [keyId = '', headers = '', signature = '', created = '', expires = ''] = parameters;
  if (keyId === '' || keyId.length > MAX_KEY_ID_LENGTH) throw malformed();
  if (!UNIX_SECONDS.test(created) || !UNIX_SECONDS.test(expires)) throw malformed();
  const httpSignature = {
    keyId,
    created: Number(created),
    expires: Number(expires),
    signature: decodeSignature(signature),
  };
  const signedHeaders = parseSignedHeaders(headers);
  if (!signedHeaders) throw malformed();
  assertTimeWindow(httpSignature, now);
  return {httpSignature, signedHeaders};
}

/** R10: base64 with its padding, one spelling only, 64 bytes. */
function decodeSignature(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 64 || bytes.toString('base64') !== text) throw malformed();
  return bytes;
}

function assertTimeWindow(
  {created, expires}: {readonly created: number; readonly expires: number},
  now: number,
): void {
  if (created > now + CLOCK_SKEW_SECONDS) {
    throw new NotAllowedError(
      'not-yet-valid',
      'Invalid signature; the signature creation time is in the future.',
    );
  }
  if (expires < now - CLOCK_SKEW_SECONDS) throw new NotAllowedError('expired', 'The signature has expired.');
  if (created >= expires || expires - created > MAX_SIGNATURE_SECONDS) {
    throw new NotAllowedError(
      'signature-lifetime',
      `The signature must expire after its creation, within ${MAX_SIGNATURE_SECONDS} seconds.`,
    );
  }
}

function malformed(): MalformedRequestError {
  return new MalformedRequestError(
    'The "authorization" header is missing or is not a well-formed HTTP signature.',
  );
}
