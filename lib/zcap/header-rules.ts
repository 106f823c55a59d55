import {MalformedRequestError, NotAllowedError, UnsupportedMediaTypeError} from '../errors.ts';
import {CLOCK_SKEW_SECONDS} from './limits.ts';
import type {RequestHeaders} from './read-headers.ts';
import type {SignedHeaders} from './signed-headers.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?$/i;

/** R1: one framing of the body, no coding, JSON in UTF-8. */
export function assertContentHeaders(headers: ReadonlyMap<string, string>): void {
  if (headers.has('content-length') && headers.has('transfer-encoding')) {
    throw new MalformedRequestError('The request has both a content length and a transfer encoding.');
  }
  if (headers.has('content-encoding'))
    throw new UnsupportedMediaTypeError('Content encodings are not supported.');
  const contentType = headers.get('content-type');
  if (contentType !== undefined && !JSON_TYPE.test(contentType)) {
    throw new UnsupportedMediaTypeError('The content type must be JSON in UTF-8.');
  }
}

/** Whether a body follows the headers. */
export function announcesBody(headers: ReadonlyMap<string, string>): boolean {
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
}

/** R5: with a body (or what announces one) its type and digest are signed too. */
export function assertSignedHeaders(
  signedHeaders: SignedHeaders,
  {values: headers, repeated}: RequestHeaders,
): void {
  const hasBody = headers.has('content-type') || announcesBody(headers);
  const missing = hasBody ? signedHeaders.missingWithBody : signedHeaders.missing;
  if (missing !== undefined)
    throw new NotAllowedError('unsigned-header', `${missing} was not a signed header.`);
  // Which of the lines, or what they are joined with, is not the same to everybody.
  if (repeated.size > 0 && signedHeaders.names.some((name) => repeated.has(name))) {
    throw new MalformedRequestError('A signed header was given twice.');
  }
  if (signedHeaders.hasParameterName) {
    throw new MalformedRequestError('A signed header has the name of a signature parameter.');
  }
}

/**
 * The reference refuses a request whose `Expires`, `X-Date` or else `Date` lies in the past. So do we, but for a `Date`
 * that nobody signed: any proxy may have written it.
 */
export function assertNotStale(
  headers: ReadonlyMap<string, string>,
  signedHeaders: SignedHeaders,
  now: number,
): void {
  const signedDate = signedHeaders.names.includes('date') ? headers.get('date') : undefined;
  // An empty header states nothing.
  const stated = [headers.get('expires'), headers.get('x-date'), signedDate].find(Boolean);
  if (stated !== undefined && Date.parse(stated) < (now - CLOCK_SKEW_SECONDS) * 1000) {
    throw new NotAllowedError('expired', 'The request has expired.');
  }
}
