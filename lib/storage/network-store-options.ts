/** How a store on another server is opened. */
export interface NetworkStoreOptions {
  /** As the setting WEBKMS_STORAGE has it; it may hold a password, and is never shown. */
  readonly url: string;
  /** In place of the URL's. */
  readonly password?: string | undefined;
  /** Connections that this process uses at most. Default: 10 */
  readonly maxConnections?: number;
  /** Callers that wait for a connection; the next one is refused at once. Default: 1000 */
  readonly maxWaiting?: number;
  /** Every operation ends within that time, the wait for a connection included. Default: 5000 */
  readonly timeoutMs?: number;
  /** Told of what an operator should know, e.g. that a connection was lost. Never of a secret. */
  readonly log?: StoreLog | undefined;
}

export interface StoreLog {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export const NETWORK_STORE_DEFAULTS = {maxConnections: 10, maxWaiting: 1000, timeoutMs: 5000} as const;
