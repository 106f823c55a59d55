import {encodeBase64url} from '../encoding/base64url.ts';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../keys/key-algorithms.ts';
import type {Kms} from './kms.ts';

/** The protected header (RFC 7515 §4). */
export interface JwsHeader {
  /** One that the key has, BBS excepted, which is none of JOSE's. `Ed25519` (RFC 9864) is EdDSA. */
  readonly alg: string;
  /** Default: the `kid` that is asked to sign, where it is the key's URL; null: none. */
  readonly kid?: string | null;
  readonly [parameter: string]: unknown;
}

/** Parameters that change what is signed, which nothing here understands. */
const NOT_UNDERSTOOD = ['crit', 'b64'];

/**
 * Signs a JWS (RFC 7515) in compact serialisation: jose and other libraries verify it with the key of `toJwks`.
 * @param payload bytes, or text as UTF-8, e.g. a JWT's claims as JSON
 * @throws NotSupportedError where keys do not sign like that. @throws MalformedRequestError, and as `Kms.sign`
 */
export async function signJws(
  kms: Pick<Kms, 'sign'>,
  kid: string,
  {protectedHeader, payload}: {readonly protectedHeader: JwsHeader; readonly payload: Uint8Array | string},
): Promise<string> {
  const algorithm = joseAlgorithm(protectedHeader.alg);
  if (NOT_UNDERSTOOD.some((name) => Object.hasOwn(protectedHeader, name))) {
    throw new MalformedRequestError(`A protected header with ${NOT_UNDERSTOOD.join(' or ')} is not signed.`);
  }
  const {kid: namedKid = kid.startsWith('https:') ? kid : null, ...header} = protectedHeader;
  const json = JSON.stringify({...header, ...(namedKid !== null && {kid: namedKid})});
  const encode = (content: Uint8Array | string): string => encodeBase64url(Buffer.from(content));
  const signingInput = `${encode(json)}.${encode(payload)}`;
  const {signature} = await kms.sign(kid, Buffer.from(signingInput), {algorithm});
  return `${signingInput}.${encodeBase64url(signature)}`;
}

function joseAlgorithm(alg: string): SignatureAlgorithm {
  const name = alg === 'Ed25519' ? 'EdDSA' : alg;
  if (name !== 'BBS' && Object.hasOwn(SIGNATURE_ALGORITHMS, name)) return name as SignatureAlgorithm;
  throw new NotSupportedError('"alg" is no signature algorithm of JOSE that keys have.');
}
