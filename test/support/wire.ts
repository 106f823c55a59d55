import {Buffer} from 'node:buffer';

/** A request exactly as it goes onto the wire: nothing is added, joined, reordered or normalised. */
export interface WireRequest {
  readonly method: string;
  /** The request target: path and query, raw. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly body?: Buffer | undefined;
}

export type HeaderLine = readonly [name: string, value: string];

/** The bytes of a request. Texts are latin1, as HTTP/1.1 has them, so that any byte can be sent. */
export function wireBytes({method, target, headers, body}: WireRequest): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body ? Buffer.concat([head, body]) : head;
}

export function headerOf(request: WireRequest, name: string): string | undefined {
  return request.headers.find(([other]) => isSame(name, other))?.[1];
}

/** Replaces the value of every line of that name; adds a line where there is none. */
export function withHeader(request: WireRequest, name: string, value: string): WireRequest {
  if (headerOf(request, name) === undefined) return withExtraHeader(request, name, value);
  return {
    ...request,
    headers: request.headers.map(([other, old]) => [other, isSame(name, other) ? value : old]),
  };
}

/** Adds a line, also where there is one of that name already: first or last of all. */
export function withExtraHeader(
  request: WireRequest,
  name: string,
  value: string,
  position: 'first' | 'last' = 'last',
): WireRequest {
  const line: HeaderLine = [name, value];
  return {
    ...request,
    headers: position === 'first' ? [line, ...request.headers] : [...request.headers, line],
  };
}

export function withoutHeader(request: WireRequest, name: string): WireRequest {
  return {...request, headers: request.headers.filter(([other]) => !isSame(name, other))};
}

/** Replaces the body and its `Content-Length`; what was signed stays. */
export function withBody(request: WireRequest, body: Buffer | string): WireRequest {
  const bytes = Buffer.from(body as Buffer);
  return {...withHeader(request, 'content-length', String(bytes.length)), body: bytes};
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
