import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {Agent, request as httpsRequest} from 'node:https';
import {isIPv6, type LookupFunction} from 'node:net';
import {DidError} from './did-error.ts';
import type {DidWebLocation} from './did-web-location.ts';
import {isPublicAddress} from './public-address.ts';
import {createDnsResolution, type ResolveAddresses} from './resolve-addresses.ts';

export interface FetchDidJsonOptions {
  readonly maxBytes: number;
  /** Absent: the system's DNS. */
  readonly resolveAddresses?: ResolveAddresses;
  /** For tests: which addresses may be connected to, instead of the public ones. */
  readonly allowAddress?: (address: string) => boolean;
  /** PEM. Absent: the certificate authorities of Node. */
  readonly ca?: string;
}

/** @throws DidError `dns`, `address`, `connection`, `timeout`, `redirect`, `status`, `content-type`, `size` */
export type FetchDidJson = (location: DidWebLocation, signal: AbortSignal) => Promise<Buffer>;

const CONTENT_TYPES: ReadonlySet<string> = new Set([
  'application/did+json',
  'application/did+ld+json',
  'application/json',
]);

const MAX_HEADER_BYTES = 16_384;

/**
 * Fetches a DID document over HTTPS, from public addresses only (R51). The name is resolved once; all of its addresses are
 * checked, and the connection is made to one of these very addresses: a name server that changes its answer gains nothing.
 */
export function createDidJsonFetch(options: FetchDidJsonOptions): FetchDidJson {
  const {resolveAddresses = createDnsResolution(), allowAddress = isPublicAddress, ca, maxBytes} = options;
  // An agent of its own: no connection, TLS session or proxy setting is shared with anything else.
  const agent = new Agent({keepAlive: false, maxCachedSessions: 0, autoSelectFamily: true});

  async function checkedAddresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const addresses = await resolveAddresses(host, signal);
    if (addresses.length === 0) throw new DidError('dns');
    if (!addresses.every((address) => allowAddress(address))) throw new DidError('address');
    return addresses;
  }

  async function get({host, port, path}: DidWebLocation, signal: AbortSignal): Promise<Buffer> {
    const lookup = pinnedLookup(await checkedAddresses(host, signal));
    const request = httpsRequest({
      agent,
      host,
      port,
      path,
      lookup,
      signal,
      servername: host,
      headers: {accept: [...CONTENT_TYPES].join(', '), 'accept-encoding': 'identity'},
      maxHeaderSize: MAX_HEADER_BYTES,
      // Said here so that no environment variable can unsay it.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(ca !== undefined && {ca}),
    });
    // An error that comes after the response is told by the response; without a listener it would end the process.
    request.on('error', ignore);
    try {
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      assertDidDocumentHead(response);
      return await readBounded(response, maxBytes);
    } finally {
      request.destroy();
    }
  }

  return async (location, signal) => {
    try {
      // Some ways of ending a connection give no event at all: the deadline holds for them too.
      return await Promise.race([get(location, signal), rejectOnAbort(signal)]);
    } catch (error) {
      if (error instanceof DidError) throw error;
      throw new DidError(signal.aborted ? 'timeout' : 'connection', error);
    }
  };
}

/** Answers as an `autoSelectFamily` connection asks: with all addresses. */
function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const answer = addresses.map((address) => ({address, family: isIPv6(address) ? 6 : 4}));
  return (_host, _options, callback) => callback(null, answer);
}

function assertDidDocumentHead({statusCode = 0, headers}: IncomingMessage): void {
  if (statusCode >= 300 && statusCode < 400) throw new DidError('redirect');
  if (statusCode !== 200) throw new DidError('status');
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const utf8 = parameters.every((parameter) => /^\s*charset="?utf-8"?\s*$/.test(parameter));
  const encoded = headers['content-encoding'] !== undefined;
  if (!CONTENT_TYPES.has(type.trim()) || !utf8 || encoded) throw new DidError('content-type');
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw new DidError('size');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new DidError('size');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DidError('timeout', signal.reason)), {once: true});
  });
}

function ignore(): void {
  // The listener itself is the point.
}
