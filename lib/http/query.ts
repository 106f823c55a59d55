import {MalformedRequestError} from '../errors.ts';

/**
 * Reads the query of a request target: `name=value` pairs, percent-encoded, each name once (R32). A `+` is a plus.
 * @returns an object without prototype; empty where there is no query.
 * @throws MalformedRequestError
 */
export function parseQuery(target: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  const start = target.indexOf('?');
  if (start === -1) return query;
  for (const pair of target.slice(start + 1).split('&')) {
    const separator = pair.indexOf('=');
    if (separator < 1) throw new MalformedRequestError('The query must consist of name=value pairs.');
    const name = decode(pair.slice(0, separator));
    if (name in query) throw new MalformedRequestError('A query parameter is given twice.');
    query[name] = decode(pair.slice(separator + 1));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedRequestError('The query is not valid percent-encoding.');
  }
}
