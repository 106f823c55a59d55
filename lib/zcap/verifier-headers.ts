import type {Envelope} from './envelope.ts';

/** The signature, and every header that it is over, by lower-case names: as the verifier libraries want them. */
export function verifierHeaders({
  headers,
  signedHeaders,
}: Pick<Envelope, 'headers' | 'signedHeaders'>): Record<string, string> {
  const picked: Record<string, string> = {authorization: headers.get('authorization') ?? ''};
  for (const name of signedHeaders) {
    const value = headers.get(name);
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
