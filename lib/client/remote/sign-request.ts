import {createHash, randomInt} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import {encodeBase64url} from '../../encoding/base64url.ts';
import type {Capability, RequestSigner} from './capability.ts';

export interface RequestToSign {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** As it will be sent. */
  readonly body?: string | undefined;
  /** The id of a root capability, or a delegated capability. */
  readonly capability: Capability | string;
  readonly action: string;
  /** Unix seconds. */
  readonly created: number;
}

/** sha2-256, 32 bytes (multihash). */
const MULTIHASH_PREFIX = Buffer.of(0x12, 0x20);
const MIN_LIFETIME_SECONDS = 300;
const LIFETIMES = 600;

// Requests say seconds, so that two equal ones of a second would be one to the server, which does each change once: no two that
// are signed here within a second expire at the same time.
let lifetime = randomInt(LIFETIMES);

/**
 * Signs an invocation of a capability as WebKMS has it (docs/client-authors.md).
 * @returns the headers of the request, `Host` among them
 */
export async function signRequest(
  {method, url, body, capability, action, created}: RequestToSign,
  signer: RequestSigner,
): Promise<Readonly<Record<string, string>>> {
  lifetime = (lifetime + 1) % LIFETIMES;
  const expires = created + MIN_LIFETIME_SECONDS + lifetime;
  const {host, pathname, search} = new URL(url);
  const headers: Record<string, string> = {
    host,
    'capability-invocation': `zcap ${writeCapability(capability)},action="${action}"`,
    ...(body !== undefined && {'content-type': 'application/json', digest: bodyDigest(body)}),
  };
  const pseudoHeaders = {
    '(key-id)': signer.id,
    '(created)': created,
    '(expires)': expires,
    '(request-target)': `${method.toLowerCase()} ${pathname}${search}`,
  };
  const lines = Object.entries({...pseudoHeaders, ...headers});
  const data = Buffer.from(lines.map(([name, value]) => `${name}: ${value}`).join('\n'));
  const signature = Buffer.from(await signer.sign({data})).toString('base64');
  const names = lines.map(([name]) => name).join(' ');
  const authorization =
    `Signature keyId="${signer.id}",headers="${names}",signature="${signature}",` +
    `created="${created}",expires="${expires}"`;
  return {...headers, authorization};
}

function writeCapability(capability: Capability | string): string {
  if (typeof capability === 'string') return `id="${capability}"`;
  return `capability="${encodeBase64url(gzipSync(JSON.stringify(capability)))}"`;
}

function bodyDigest(body: string): string {
  const digest = createHash('sha256').update(body).digest();
  return `mh=u${encodeBase64url(Buffer.concat([MULTIHASH_PREFIX, digest]))}`;
}
