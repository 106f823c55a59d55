import type {Logger} from 'pino';
import type {RequestHead} from '../zcap/envelope.ts';

/** A request as endpoints see it: Express stays outside. */
export interface EndpointRequest {
  readonly id: string;
  readonly head: RequestHead;
  /** The route's parameters, raw (not percent-decoded). */
  readonly params: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Reads the whole body once; throws `PayloadTooLargeError` as soon as the limit is passed. */
  readBody(): Promise<Buffer>;
  /** Observes how long a named stage took, for metrics. */
  time<T>(stage: string, work: () => Promise<T>): Promise<T>;
  /** Tells the request log who invoked, once that is verified: also where the request is refused later on. */
  readonly noteInvoker?: (did: string) => void;
  /** Tells it what was asked for in a keystore, by whom. */
  readonly noteAction?: (action: string) => void;
  /** Tells it by what delegated capability it was allowed. */
  readonly noteDelegation?: (delegation: Delegation) => void;
  /** For what takes long. @throws ClientGoneError where nobody waits for the reply any more */
  assertAwaited?(): void;
}

export interface Delegation {
  readonly capabilityId: string;
  /** The DID of whose authority it is: the first delegator. */
  readonly authority: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown;
}

export type Endpoint = (request: EndpointRequest) => Promise<Reply>;
