/** Header lines. Node forgets the lines above its own limit in silence, so that one is off and this one refuses. */
export const MAX_HEADER_LINES = 100;

/** How much of a body that is too large is read and dropped, so that the client gets to read why. */
export const LINGER = {bytes: 1024 * 1024, ms: 1000};

/** How long connections may take and last. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  /** For a whole request to arrive, from its first byte or from the opening of the connection. */
  readonly requestTimeoutMs: number;
  /** For its headers. */
  readonly headersTimeoutMs: number;
  /** Between requests. Longer than the 60 s after which common proxies close theirs, so that they close first. */
  readonly keepAliveTimeoutMs: number;
  /** Without a byte in either direction: ends clients that do not read their reply. */
  readonly idleTimeoutMs: number;
  readonly tlsHandshakeTimeoutMs: number;
  /** How often overdue connections are looked for. */
  readonly checkIntervalMs: number;
  readonly maxRequestsPerConnection: number;
}

/** The limits that follow from the two that are settings. */
export function connectionLimits(settings: {
  readonly maxConnections: number;
  readonly requestTimeoutSeconds: number;
}): ConnectionLimits {
  const requestTimeoutMs = settings.requestTimeoutSeconds * 1000;
  return {
    maxConnections: settings.maxConnections,
    requestTimeoutMs,
    headersTimeoutMs: Math.ceil(requestTimeoutMs / 3),
    keepAliveTimeoutMs: 65_000,
    idleTimeoutMs: Math.max(120_000, 2 * requestTimeoutMs),
    tlsHandshakeTimeoutMs: Math.min(10_000, requestTimeoutMs),
    checkIntervalMs: Math.min(2000, requestTimeoutMs),
    maxRequestsPerConnection: 10_000,
  };
}
