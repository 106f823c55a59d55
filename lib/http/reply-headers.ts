/** On every reply, errors included (AUTHORIZATION §8: any web page may be a client; authority is in signatures). */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Location, Retry-After, X-Request-Id',
  'Access-Control-Max-Age': '86400',
};

const ALWAYS = {
  ...CORS,
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

const PREFLIGHT_HEADERS = 'Accept, Authorization, Capability-Invocation, Content-Type, Date, Digest';

/** A year. Only where certificates are given: browsers would remember it for everything on a developer's localhost. */
const HSTS = {'Strict-Transport-Security': 'max-age=31536000'};

export function commonHeaders({hsts}: {readonly hsts: boolean}): Readonly<Record<string, string>> {
  return hsts ? {...ALWAYS, ...HSTS} : ALWAYS;
}

/** Names of headers, as a list: nothing else of a request is repeated in a reply. */
const HEADER_NAMES = /^[A-Za-z0-9-]{1,64}(?: ?, ?[A-Za-z0-9-]{1,64}){0,31}$/;

/**
 * For the answer to `OPTIONS`. Any header may be sent, as clients add their own; a wildcard would not do, since it leaves
 * out `Authorization`.
 */
export function preflightHeaders(
  methods: readonly string[],
  requested: string | undefined,
): Record<string, string> {
  const allow = methods.join(', ');
  return {
    Allow: allow,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers':
      requested !== undefined && HEADER_NAMES.test(requested) ? requested : PREFLIGHT_HEADERS,
  };
}
