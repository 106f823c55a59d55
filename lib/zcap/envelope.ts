/** What came over the wire, before anything of it is believed. */
export interface RequestHead {
  readonly method: string;
  /** The request target exactly as received: path and query. */
  readonly target: string;
  /** Names and values alternating, as received: duplicates are still visible. */
  readonly rawHeaders: readonly string[];
  /** The client's address (the forwarded one where the socket is a trusted proxy's). */
  readonly remoteAddress: string;
}

/** The parameters of the `Authorization: Signature …` header. */
export interface HttpSignature {
  /** DID URL of the verification method. */
  readonly keyId: string;
  /** Unix seconds. */
  readonly created: number;
  /** Unix seconds. */
  readonly expires: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** A request whose syntax, host and time window are in order; nothing in it is verified yet. */
export interface Envelope {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `https://` + host + raw path and query: the invocation target that the request claims. */
  readonly url: string;
  /** `url` without the query. */
  readonly resource: string;
  readonly httpSignature: HttpSignature;
  /** The bytes that the HTTP signature is over. */
  readonly signingString: string;
  /** The raw `Capability-Invocation` header; parsed only once the signature has verified (R10). */
  readonly capabilityInvocation: string;
  /** SHA-256, in hex, that the `Digest` header claims for the body; undefined where there is no such header. */
  readonly bodyDigest: string | undefined;
  /** Whether a body follows the headers. */
  readonly announcesBody: boolean;
  /** Whether the signature is over just what official clients sign: what was judged of one such request holds for all. */
  readonly isUsual: boolean;
  /** All headers, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Names of what the signature is over, in its order. */
  readonly signedHeaders: readonly string[];
  readonly remoteAddress: string;
}
