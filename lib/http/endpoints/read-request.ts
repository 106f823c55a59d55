import {parseStrictJson} from '../../encoding/strict-json.ts';
import {KmsError, MalformedRequestError} from '../../errors.ts';
import {verifyBodyDigest} from '../../zcap/body-digest.ts';
import type {Envelope} from '../../zcap/envelope.ts';
import {MAX_CAPABILITY_DEPTH} from '../../zcap/limits.ts';
import {readEnvelope, type EnvelopeOptions} from '../../zcap/read-envelope.ts';
import type {EndpointRequest} from '../endpoint.ts';

export interface SignedRequest<T> {
  readonly envelope: Envelope;
  readonly body: T;
}

/**
 * Reads a request without body: syntax, host and time window; nothing is verified yet. A body would be one that nobody
 * compared with its digest (R8), so there must be none.
 */
export function readHead({head}: EndpointRequest, options: EnvelopeOptions): Envelope {
  const envelope = readEnvelope(head, options);
  if (envelope.announcesBody)
    throw new MalformedRequestError(`A ${envelope.method} request must not have a body.`);
  return envelope;
}

/** Reads a request and its body: the head's syntax first, then the digest of the raw bytes, then JSON (R8, R12). */
export async function readSignedJson(
  request: EndpointRequest,
  options: EnvelopeOptions,
): Promise<SignedRequest<unknown>> {
  const envelope = readEnvelope(request.head, options);
  const bytes = await request.readBody();
  verifyBodyDigest(envelope, bytes);
  return {envelope, body: parseStrictJson(bytes, {maxDepth: MAX_CAPABILITY_DEPTH})};
}

/**
 * The same, for bodies whose faults existing clients expect to be told of even where `Authorization` is missing or bad
 * (AUTHORIZATION §8). So a head that is malformed or refused is remembered until the body was looked at; where the head
 * is in order the digest is checked first. What a stranger gets from this is the opinion of a pure function on the
 * bytes that it sent: nothing is looked up, resolved or stored, and both head and body are bounded.
 */
export async function readSignedBody<T>(
  request: EndpointRequest,
  options: EnvelopeOptions,
  parse: (body: unknown) => T,
): Promise<SignedRequest<T>> {
  const envelope = readEnvelopeOrRefusal(request, options);
  const bytes = await request.readBody();
  if (!(envelope instanceof KmsError)) verifyBodyDigest(envelope, bytes);
  const body = parse(parseStrictJson(bytes, {maxDepth: MAX_CAPABILITY_DEPTH}));
  if (envelope instanceof KmsError) throw envelope;
  return {envelope, body};
}

function readEnvelopeOrRefusal({head}: EndpointRequest, options: EnvelopeOptions): Envelope | KmsError {
  try {
    return readEnvelope(head, options);
  } catch (error) {
    if (error instanceof KmsError && (error.status === 400 || error.status === 403)) return error;
    throw error;
  }
}
