/** The other process sent what is none of the protocol's. The connection has ended, or is about to. Messages never quote what was sent. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'ERR_PROTOCOL';
}
