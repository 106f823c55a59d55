import {encodeBase64url} from '../encoding/base64url.ts';
import {InvalidStateError, MalformedRequestError, NotSupportedError} from '../errors.ts';
import {SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../keys/key-algorithms.ts';
import {jwksKid} from './key-jwk.ts';
import type {Kms, PublicKey} from './kms.ts';

/** The protected header (RFC 7515 §4). */
export interface JwsHeader {
  /** One that the key has, BBS excepted, which is none of JOSE's. `Ed25519` (RFC 9864) is EdDSA. */
  readonly alg: string;
  readonly kid?: string;
  readonly [parameter: string]: unknown;
}

export interface JwsToSign {
  readonly protectedHeader: JwsHeader;
  /** Bytes, or text as UTF-8, e.g. a JWT's claims as JSON. */
  readonly payload: Uint8Array | string;
}

/** Parameters that change what is signed, which nothing here understands. */
const NOT_UNDERSTOOD = ['crit', 'b64'];

/**
 * Signs a JWS (RFC 7515) in compact serialisation: jose and other libraries verify it with the keys of `toJwks`.
 * @param key a `kid`: then the header has the `kid` that it is given, or none. Or a public key: then it has the one that `toJwks` gives
 *   that version, also after the key was rotated, which is noticed here
 * @throws NotSupportedError where keys do not sign like that. @throws MalformedRequestError, and as `Kms.sign`
 */
export async function signJws(
  kms: Pick<Kms, 'sign' | 'getPublicKey'>,
  key: string | PublicKey,
  {protectedHeader, payload}: JwsToSign,
): Promise<string> {
  const algorithm = joseAlgorithm(protectedHeader.alg);
  if (NOT_UNDERSTOOD.some((name) => Object.hasOwn(protectedHeader, name))) {
    throw new MalformedRequestError(`A protected header with ${NOT_UNDERSTOOD.join(' or ')} is not signed.`);
  }
  const sign = async (kid: string, header: JwsHeader) => {
    const input = `${encode(JSON.stringify(header))}.${encode(payload)}`;
    const {signature, keyVersion} = await kms.sign(kid, Buffer.from(input), {algorithm});
    return {jws: `${input}.${encodeBase64url(signature)}`, keyVersion};
  };
  if (typeof key === 'string') return (await sign(key, protectedHeader)).jws;
  const {kid} = key;
  const signAs = async (version: PublicKey): Promise<string | undefined> => {
    const {jws, keyVersion} = await sign(kid, {kid: jwksKid(version), ...protectedHeader});
    return keyVersion === version.version ? jws : undefined;
  };
  const jws = (await signAs(key)) ?? (await signAs(await kms.getPublicKey(kid)));
  if (jws !== undefined) return jws;
  throw new InvalidStateError('The key was rotated twice while it signed: try again.');
}

function encode(content: Uint8Array | string): string {
  return encodeBase64url(Buffer.from(content));
}

function joseAlgorithm(alg: string): SignatureAlgorithm {
  const name = alg === 'Ed25519' ? 'EdDSA' : alg;
  if (name !== 'BBS' && Object.hasOwn(SIGNATURE_ALGORITHMS, name)) return name as SignatureAlgorithm;
  throw new NotSupportedError('"alg" is no signature algorithm of JOSE that keys have.');
}
