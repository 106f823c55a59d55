import {createHash} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import type {Controller} from './did-key.ts';
import type {HeaderLine, WireRequest} from './wire.ts';

export {
  RawClient,
  send,
  ConnectionClosedError,
  type ListeningServer,
  type WireResponse,
} from './raw-client.ts';
export {
  headerOf,
  withBody,
  withExtraHeader,
  withHeader,
  withoutHeader,
  wireBytes,
  type WireRequest,
} from './wire.ts';

export interface SignedRequestOptions {
  /** Default: POST with a body, GET without. */
  readonly method?: string;
  /** Absolute https URL: gives the host and, byte for byte, the request target. */
  readonly url: string;
  readonly json?: unknown;
  /** Bytes of the body, in place of `json`. */
  readonly body?: Buffer | string;
  /** Id of a root capability, or a delegated capability. Default: the root capability of the keystore that the URL lies in. */
  readonly capability?: string | object;
  readonly action: string;
  readonly signer: Pick<Controller, 'keyId' | 'sign'>;
  /** Replaces anything of the draft before it is signed: so the signature is right and only this is wrong. */
  readonly overrides?: Partial<RequestDraft> | ((draft: RequestDraft) => Partial<RequestDraft>);
}

/** Everything that a signature covers, before it is made: change one member, then `signDraft`. */
export interface RequestDraft {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** `Content-Type`, where there is a body. */
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
  /** `Digest`, where there is a body. */
  readonly digest: string | undefined;
  /** The whole `Capability-Invocation` header. */
  readonly capabilityInvocation: string | undefined;
  /** Other header lines. */
  readonly headers: readonly HeaderLine[];
  readonly signer: Pick<Controller, 'keyId' | 'sign'>;
  /** As `Authorization` says and the signing string holds. */
  readonly keyId: string;
  /** Unix seconds; a text, so that it can be any. */
  readonly created: string;
  readonly expires: string;
  /** In order; pseudo-headers in parentheses. */
  readonly signedHeaders: readonly string[];
  /** Changes the text that is signed. */
  readonly mangleSigningString?: (text: string) => string;
  /** Changes the signature's bytes. */
  readonly mangleSignature?: (signature: Buffer) => Uint8Array;
  /** Writes the `Authorization` header from its parameters. Default: as the official client does. */
  readonly formatAuthorization?: (parameters: AuthorizationParameters) => string;
}

export interface AuthorizationParameters {
  readonly keyId: string;
  readonly headers: string;
  /** base64. */
  readonly signature: string;
  readonly created: string;
  readonly expires: string;
}

/** Builds a really signed request, as the official clients would but for `overrides`. Nothing is sent. */
export function signedRequest(options: SignedRequestOptions): WireRequest {
  const draft = draftRequest(options);
  const {overrides} = options;
  return signDraft({...draft, ...(typeof overrides === 'function' ? overrides(draft) : overrides)});
}

/** The draft of a valid request, created now, expiring in ten minutes. */
export function draftRequest(options: SignedRequestOptions): RequestDraft {
  const {url, json, capability = rootOf(url), action, signer} = options;
  const [, host = '', target = '/'] = /^https:\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
  const text = options.body ?? (json === undefined ? undefined : JSON.stringify(json));
  const body = text === undefined ? undefined : Buffer.from(text as string);
  const now = Math.floor(Date.now() / 1000);
  return {
    method: options.method ?? (body ? 'POST' : 'GET'),
    target,
    host,
    contentType: body && 'application/json',
    body,
    digest: body && digestOf(body),
    capabilityInvocation: capabilityInvocation({capability, action}),
    headers: [['accept', 'application/ld+json, application/json']],
    signer,
    keyId: signer.keyId,
    created: String(now),
    expires: String(now + 600),
    signedHeaders: body ? [...SIGNED, 'content-type', 'digest'] : SIGNED,
  };
}

/** What the official clients sign; with a body also `content-type` and `digest`. */
export const SIGNED: readonly string[] = [
  '(key-id)',
  '(created)',
  '(expires)',
  '(request-target)',
  'host',
  'capability-invocation',
];

/** Signs a draft and writes it out. */
export function signDraft(draft: RequestDraft): WireRequest {
  const {method, target, body, keyId, created, expires, signedHeaders} = draft;
  const headers: HeaderLine[] = [['host', draft.host], ...draft.headers];
  if (draft.capabilityInvocation !== undefined)
    headers.push(['capability-invocation', draft.capabilityInvocation]);
  if (draft.contentType !== undefined) headers.push(['content-type', draft.contentType]);
  if (draft.digest !== undefined) headers.push(['digest', draft.digest]);
  if (body) headers.push(['content-length', String(body.length)]);
  const text = signingString(draft, headers);
  const signature = draft.signer.sign(Buffer.from(draft.mangleSigningString?.(text) ?? text, 'latin1'));
  const mangled = draft.mangleSignature?.(signature) ?? signature;
  const parameters = {
    keyId,
    headers: signedHeaders.join(' '),
    signature: Buffer.from(mangled).toString('base64'),
    created,
    expires,
  };
  headers.push(['authorization', (draft.formatAuthorization ?? formatAuthorization)(parameters)]);
  return {method, target, headers, body};
}

/** The text that is signed (draft-cavage-http-signatures-12 §2.3); `headers` are the lines of the request. */
export function signingString(draft: RequestDraft, headers: readonly HeaderLine[]): string {
  const {method, target, keyId, created, expires, signedHeaders} = draft;
  const pseudo: Readonly<Record<string, string>> = {
    '(key-id)': keyId,
    '(created)': created,
    '(expires)': expires,
    '(request-target)': `${method.toLowerCase()} ${target}`,
  };
  const lines = signedHeaders.map((name) => {
    const values = headers
      .filter(([other]) => other.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value.trim());
    return `${name.toLowerCase()}: ${pseudo[name] ?? values.join(', ')}`;
  });
  return lines.join('\n');
}

/** The `Authorization` header as the official clients write it. */
export function formatAuthorization({
  keyId,
  headers,
  signature,
  created,
  expires,
}: AuthorizationParameters): string {
  return `Signature keyId="${keyId}",headers="${headers}",signature="${signature}",created="${created}",expires="${expires}"`;
}

/** The `Capability-Invocation` header: a root by its id, a delegated capability gzipped. */
export function capabilityInvocation({
  capability,
  action,
}: {
  readonly capability: string | object;
  readonly action: string;
}): string {
  const parameter =
    typeof capability === 'string'
      ? `id="${capability}"`
      : `capability="${encodeCapability(JSON.stringify(capability))}"`;
  return `zcap ${parameter},action="${action}"`;
}

/** base64url of gzip. */
export function encodeCapability(json: string | Buffer): string {
  return gzipSync(json, {level: 1}).toString('base64url');
}

/** The `Digest` header as the official clients write it: a SHA-256 multihash, base64url, multibase. */
export function digestOf(body: Buffer | string): string {
  const hash = createHash('sha256').update(body).digest();
  return `mh=u${Buffer.concat([Buffer.from([0x12, 0x20]), hash]).toString('base64url')}`;
}

/** Id of the root capability of a target. */
export function rootCapabilityId(invocationTarget: string): string {
  return `urn:zcap:root:${encodeURIComponent(invocationTarget)}`;
}

/** The root that the official clients invoke by default: the keystore's; for the collection of keystores its own. */
function rootOf(url: string): string {
  const keystore = /^https:\/\/[^/]+\/kms\/keystores(?:\/[^/?]+)?/.exec(url)?.[0];
  return rootCapabilityId(keystore ?? url);
}
