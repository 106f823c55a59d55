import {MalformedRequestError} from '../errors.ts';
import type {HttpSignature} from './envelope.ts';

const PRINTABLE_ASCII = /^[\x20-\x7e\t]*$/;

/**
 * Builds the text that an HTTP signature is over (draft-cavage-http-signatures-12 §2.3): one line for each signed
 * header, in the order of the `headers` parameter.
 */
export function buildSigningString({
  method,
  target,
  headers,
  signedHeaders,
  httpSignature,
}: {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly signedHeaders: readonly string[];
  readonly httpSignature: HttpSignature;
}): string {
  let lines = '';
  for (const name of signedHeaders) {
    if (lines !== '') lines += '\n';
    lines += `${name}: ${value(name)}`;
  }
  return lines;

  function value(name: string): string | number {
    switch (name) {
      case '(key-id)':
        return httpSignature.keyId;
      case '(created)':
        return httpSignature.created;
      case '(expires)':
        return httpSignature.expires;
      case '(request-target)':
        return `${method.toLowerCase()} ${target}`;
      default: {
        const text = headers.get(name);
        if (text === undefined) throw new MalformedRequestError('A signed header was not in the request.');
        // Header bytes beyond ASCII have no agreed text, so two parties could read two signing strings.
        if (!PRINTABLE_ASCII.test(text))
          throw new MalformedRequestError('A signed header is not printable ASCII.');
        return text.trim();
      }
    }
  }
}
