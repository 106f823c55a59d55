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

/** For the answer to `OPTIONS`. */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
  const allow = methods.join(', ');
  return {
    Allow: allow,
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': PREFLIGHT_HEADERS,
  };
}
