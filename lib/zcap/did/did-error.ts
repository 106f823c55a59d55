/** Why a DID or a verification method was refused: for logs and tests, never sent. */
export type DidRefusal =
  | 'syntax' // not a DID (URL) of the form that its method asks for
  | 'method' // another DID method than did:key and did:web
  | 'disabled' // did:web, which is off
  | 'key' // not one sound Ed25519 public key of an accepted type
  | 'not-found' // the DID document has no such verification method
  | 'revoked' // the verification method is revoked or has expired
  | 'relationship' // the controller's document does not list it for this purpose
  | 'port' // the port is not on the allow-list
  | 'dns' // the host name has no address
  | 'address' // the host name has an address that is not public
  | 'connection' // no HTTPS connection, no certificate, no whole reply
  | 'timeout' // not all in time
  | 'busy' // too many resolutions at once
  | 'redirect' // the reply is a redirect
  | 'status' // the reply is not 200
  | 'content-type' // the reply is not a DID document in JSON
  | 'size' // the reply is larger than the bound
  | 'json' // the reply is not strict JSON
  | 'document'; // the reply is not this DID's document

/** A refusal of the DID layer. `createDidResolver` wraps it: callers see `NotAllowedError` only. */
export class DidError extends Error {
  override readonly name = 'DidError';
  readonly refusal: DidRefusal;

  constructor(refusal: DidRefusal, cause?: unknown) {
    super(`DID refused: ${refusal}.`, cause === undefined ? undefined : {cause});
    this.refusal = refusal;
  }
}
