import {MalformedRequestError} from '../errors.ts';

/** Headers of which a second line would let two parties read two requests (R1). */
const SINGLE = new Set([
  'host',
  'authorization',
  'capability-invocation',
  'digest',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/**
 * Reads raw header lines into a map from lower-case name to value; repeated lines are joined with `, `.
 * @throws MalformedRequestError for a second line of a header that must be single.
 */
export function readHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const earlier = headers.get(name);
    if (earlier !== undefined && SINGLE.has(name)) {
      throw new MalformedRequestError(`The "${name}" header must be given once.`);
    }
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}
