import {HeadersTooLargeError, MalformedRequestError, NotAllowedError} from '../errors.ts';
import {readBodyDigest} from './body-digest.ts';
import type {Envelope, RequestHead} from './envelope.ts';
import {announcesBody, assertContentHeaders, assertNotStale, assertSignedHeaders} from './header-rules.ts';
import {parseHttpSignature} from './http-signature.ts';
import {MAX_HEADER_BYTES} from './limits.ts';
import {readHeaders} from './read-headers.ts';
import {isCanonicalTarget} from './request-target.ts';
import {buildSigningString} from './signing-string.ts';

export interface EnvelopeOptions {
  /** The public host (with its port unless 443) that `Host` must equal (R7). */
  readonly host: string;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Reads the syntax, host and time window of a request into plain data: no cryptography, no I/O (R1–R7, R10).
 * Nothing in the result is verified.
 * @throws HeadersTooLargeError, UnsupportedMediaTypeError, MalformedRequestError (what is not well-formed),
 *   NotAllowedError (what is well-formed and refused: host, time, unsigned headers)
 */
export function readEnvelope(head: RequestHead, {host, now}: EnvelopeOptions): Envelope {
  if (headerBytes(head) > MAX_HEADER_BYTES)
    throw new HeadersTooLargeError('The request headers are too large.');
  const method = readMethod(head.method);
  if (!isCanonicalTarget(head.target))
    throw new MalformedRequestError('The request target is not canonical.');
  const requestHeaders = readHeaders(head.rawHeaders);
  const headers = requestHeaders.values;
  if (headers.get('host') !== host) {
    throw new NotAllowedError('host', 'Host header contains an unexpected host name.');
  }
  assertContentHeaders(headers);
  const {httpSignature, signedHeaders} = parseHttpSignature(headers.get('authorization'), now);
  assertSignedHeaders(signedHeaders, requestHeaders);
  assertNotStale(headers, signedHeaders, now);
  const url = `https://${host}${head.target}`;
  const query = url.indexOf('?');
  return {
    method,
    url,
    resource: query === -1 ? url : url.slice(0, query),
    httpSignature,
    signingString: buildSigningString({
      method,
      target: head.target,
      headers,
      signedHeaders: signedHeaders.names,
      httpSignature,
    }),
    capabilityInvocation: headers.get('capability-invocation') ?? '',
    bodyDigest: readBodyDigest(headers.get('digest')),
    announcesBody: announcesBody(headers),
    isUsual: signedHeaders.isUsual,
    headers,
    signedHeaders: signedHeaders.names,
    remoteAddress: head.remoteAddress,
  };
}

function headerBytes({rawHeaders}: RequestHead): number {
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + 2;
  return bytes;
}

function readMethod(method: string): Envelope['method'] {
  if (method === 'GET' || method === 'POST' || method === 'DELETE') return method;
  throw new MalformedRequestError('The request method is not supported.');
}
