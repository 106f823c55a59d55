import type {IncomingMessage} from 'node:http';
import {HeadersTooLargeError, MalformedRequestError, UnsupportedMediaTypeError} from '../errors.ts';
import {MAX_HEADER_LINES} from './limits.ts';

/** Characters of RFC 3986, without `#`: what may be in a target in origin form. */
const ORIGIN_FORM = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?[\]]*$/;

/** All values of a header, in order, as received: `req.headers` would hide duplicates. `name` is lower case. */
export function headerLines(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index], name)) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}

/**
 * Whether nobody can be sure where another request on the connection would begin: what Node has read together with a request
 * for an upgrade it forgets, and HTTP/1.0 knows no transfer codings (RFC 9112, section 6.1).
 */
export function endsConnection({rawHeaders, httpVersion}: IncomingMessage): boolean {
  if (headerLines(rawHeaders, 'upgrade').length > 0) return true;
  return httpVersion !== '1.1' && headerLines(rawHeaders, 'transfer-encoding').length > 0;
}

/**
 * Refuses what no route takes, before anything is looked at: another HTTP than 1.0 and 1.1, a target that is not in origin form, a `Host` that is
 * missing or doubled (its value is for the envelope to check), too many lines, a body that is encoded, or framed otherwise than
 * HTTP says.
 *
 * @throws MalformedRequestError, HeadersTooLargeError, UnsupportedMediaTypeError
 */
export function checkHead({rawHeaders, httpVersion}: IncomingMessage, target: string): void {
  if (rawHeaders.length > 2 * MAX_HEADER_LINES) {
    throw new HeadersTooLargeError('The request has too many header lines.');
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw new MalformedRequestError('The request must be HTTP/1.1.');
  }
  if (!ORIGIN_FORM.test(target)) {
    throw new MalformedRequestError('The request target must be a path and query, of URL characters only.');
  }
  const hosts = headerLines(rawHeaders, 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw new MalformedRequestError('The request must have exactly one Host header.');
  }
  if (headerLines(rawHeaders, 'expect').some((value) => value.toLowerCase() !== '100-continue')) {
    throw new MalformedRequestError('The request expects something other than 100-continue.');
  }
  const codings = headerLines(rawHeaders, 'transfer-encoding');
  if (codings.some((coding) => httpVersion !== '1.1' || coding.toLowerCase() !== 'chunked')) {
    throw new MalformedRequestError(
      'The request has a transfer coding other than chunked, or that HTTP/1.0 does not know.',
    );
  }
  if (headerLines(rawHeaders, 'content-encoding').length > 0) {
    throw new UnsupportedMediaTypeError('The request body must not have a Content-Encoding.');
  }
}

function isNamed(header: string | undefined, name: string): boolean {
  return header?.length === name.length && header.toLowerCase() === name;
}
