/** RFC 3986 characters of a path and query, without `'`, which URL parsers rewrite in queries. */
const TARGET = /^\/[A-Za-z0-9\-._~!$&()*+,;=:@/?%]*$/;
/** In a path: percent-encoding, and segments that are empty or dots. */
const NOT_CANONICAL = /%|\/\.{0,2}(?:\/|$)/;
/** The one path whose last segment may hold percent-encoded text and so dots, slashes and the rest of a URI (R31). */
const REVOCATION = /^\/kms\/keystores\/(?:[^/%]+\/)?zcaps\/revocations\/([^/?]+)$/;

/**
 * Whether a request target is canonical (R31, R32): origin form, ASCII, no percent-encoding in the path, no dot or
 * empty segments, no trailing slash, no duplicate query keys. A revocation's last segment is the exception: it is
 * exactly what `encodeURIComponent` makes of the capability's id.
 */
export function isCanonicalTarget(target: string): boolean {
  const queryStart = target.indexOf('?');
  const path = queryStart === -1 ? target : target.slice(0, queryStart);
  const revocation = REVOCATION.exec(path);
  if (revocation) return queryStart === -1 && isEncodedComponent(revocation[1] ?? '');
  return (
    TARGET.test(target) &&
    !NOT_CANONICAL.test(path) &&
    (queryStart === -1 || isCanonicalQuery(target.slice(queryStart + 1)))
  );
}

/** @returns the text that `encodeURIComponent` turned into `segment`, or undefined where it turned none into it. */
export function decodeComponent(segment: string): string | undefined {
  try {
    const decoded = decodeURIComponent(segment);
    return encodeURIComponent(decoded) === segment ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function isEncodedComponent(segment: string): boolean {
  return decodeComponent(segment) !== undefined && segment !== '.' && segment !== '..';
}

function isCanonicalQuery(query: string): boolean {
  if (query === '') return false;
  const seen = new Set<string>();
  for (const pair of query.split('&')) {
    const name = pair.split('=', 1)[0] ?? '';
    let decoded: string;
    try {
      decoded = decodeURIComponent(name.replaceAll('+', ' '));
      decodeURIComponent(pair);
    } catch {
      return false;
    }
    if (decoded === '' || seen.has(decoded)) return false;
    seen.add(decoded);
  }
  return true;
}
