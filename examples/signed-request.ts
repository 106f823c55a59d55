// A signed request made with nothing but node:crypto and node:zlib, every step kept: what a client in another language
// has to do. docs/client-authors.md shows what it makes; a test keeps the two in step and sends such requests.
import {createHash, createPrivateKey, createPublicKey, sign} from 'node:crypto';
import {gzipSync} from 'node:zlib';

export interface RequestToSign {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** The JSON text to send, exactly as it will be sent; absent for GET and DELETE. */
  readonly body?: string;
  /** The id of a root capability, or a delegated capability. */
  readonly capability: string | object;
  readonly action: string;
  /** 32 bytes: the Ed25519 private key (RFC 8032). */
  readonly seed: Uint8Array;
  /** Unix seconds. */
  readonly created: number;
}

export interface SignedRequest {
  readonly keyId: string;
  readonly signingString: string;
  readonly signature: string;
  /** In the order in which the document shows them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX_LENGTH = 12;

export function signRequest({
  method,
  url,
  body,
  capability,
  action,
  seed,
  created,
}: RequestToSign): SignedRequest {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey)
    .export({format: 'der', type: 'spki'})
    .subarray(SPKI_PREFIX_LENGTH);
  const keyId = didKeyMethod(publicKey);
  const expires = created + 600;

  const {host, pathname, search} = new URL(url);
  const invocation =
    typeof capability === 'string'
      ? `id="${capability}"`
      : `capability="${gzipSync(JSON.stringify(capability)).toString('base64url')}"`;
  const headers: Record<string, string> = {
    Host: host,
    'Capability-Invocation': `zcap ${invocation},action="${action}"`,
  };
  const signedHeaders = [
    '(key-id)',
    '(created)',
    '(expires)',
    '(request-target)',
    'host',
    'capability-invocation',
  ];
  if (body !== undefined) {
    const digest = createHash('sha256').update(body).digest();
    headers['Content-Type'] = 'application/json';
    headers['Digest'] = `mh=u${Buffer.concat([Buffer.from([0x12, 0x20]), digest]).toString('base64url')}`;
    signedHeaders.push('content-type', 'digest');
  }

  const signingString = [
    `(key-id): ${keyId}`,
    `(created): ${created}`,
    `(expires): ${expires}`,
    `(request-target): ${method.toLowerCase()} ${pathname}${search}`,
    ...Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}: ${value}`),
  ].join('\n');
  const signature = sign(null, Buffer.from(signingString), privateKey).toString('base64');
  headers['Authorization'] =
    `Signature keyId="${keyId}",headers="${signedHeaders.join(' ')}",signature="${signature}",created="${created}",expires="${expires}"`;
  return {keyId, signingString, signature, headers};
}

/** `did:key:z6Mk…#z6Mk…`: multibase base58btc of 0xed 0x01 (multicodec ed25519-pub) and the 32 bytes of the public key. */
function didKeyMethod(publicKey: Uint8Array): string {
  const multibase = `z${base58(Buffer.concat([Buffer.from([0xed, 0x01]), publicKey]))}`;
  return `did:key:${multibase}#${multibase}`;
}

function base58(bytes: Buffer): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let text = '';
  for (let rest = BigInt(`0x${bytes.toString('hex')}`); rest > 0n; rest /= 58n)
    text = (alphabet[Number(rest % 58n)] ?? '') + text;
  return text;
}
