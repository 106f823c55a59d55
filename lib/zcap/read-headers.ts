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
  // Dates that the reference reads, of which Node shows it the first line only.
  'date',
  'expires',
  'x-date',
]);

export interface RequestHeaders {
  /** Lower-case name → value; repeated lines are joined with `, `. */
  readonly values: ReadonlyMap<string, string>;
  /** Names of which there was more than one line. */
  readonly repeated: ReadonlySet<string>;
}

/** Reads raw header lines. @throws MalformedRequestError for a second line of a header that must be single. */
export function readHeaders(rawHeaders: readonly string[]): RequestHeaders {
  const headers = new Map<string, string>();
  const repeated = new Set<string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const earlier = headers.get(name);
    if (earlier !== undefined && SINGLE.has(name)) {
      throw new MalformedRequestError(`The "${name}" header must be given once.`);
    }
    if (earlier !== undefined) repeated.add(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return {values: headers, repeated};
}
