import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Logger} from 'pino';
import type {Metrics} from '../observability/metrics.ts';
import type {RequestHead} from '../zcap/envelope.ts';
import type {Delegation, EndpointRequest} from './endpoint.ts';
import {MAX_BODY_BYTES} from '../../schemas/api-contract.ts';
import {ClientGoneError, readBody} from './read-body.ts';

/** One request for an endpoint, over Node's. */
export class HttpEndpointRequest implements EndpointRequest {
  readonly id: string;
  readonly head: RequestHead;
  readonly params: Readonly<Record<string, string>>;
  /** The DID that an endpoint noted. */
  invoker: string | undefined;
  action: string | undefined;
  delegation: Delegation | undefined;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #parentLog: Logger;
  readonly #metrics: Metrics;
  #log: Logger | undefined;
  #body: Promise<Buffer> | undefined;

  constructor(
    {req, res}: {req: IncomingMessage; res: ServerResponse},
    {id, head, params}: Pick<EndpointRequest, 'id' | 'head' | 'params'>,
    {log, metrics}: {log: Logger; metrics: Metrics},
  ) {
    this.id = id;
    this.head = head;
    this.params = params;
    this.#req = req;
    this.#res = res;
    this.#parentLog = log;
    this.#metrics = metrics;
  }

  /** Made when first asked for: few requests log. */
  get log(): Logger {
    return (this.#log ??= this.#parentLog.child({requestId: this.id}));
  }

  readBody(): Promise<Buffer> {
    return (this.#body ??= this.#readBody());
  }

  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#metrics.stage(stage, (performance.now() - start) / 1000);
    }
  }

  readonly noteInvoker = (did: string): void => {
    this.invoker = did;
  };

  readonly noteAction = (action: string): void => {
    this.action = action;
  };

  readonly noteDelegation = (delegation: Delegation): void => {
    this.delegation = delegation;
  };

  assertAwaited(): void {
    if (this.#res.destroyed) throw new ClientGoneError('The client went away.');
  }

  /** A client that waits for `100 Continue` gets it only now: what was refused before need not be sent. */
  #readBody(): Promise<Buffer> {
    const {headers, httpVersion} = this.#req;
    const expects = headers.expect !== undefined && httpVersion === '1.1';
    if (expects && Number(headers['content-length'] ?? 0) <= MAX_BODY_BYTES) this.#res.writeContinue();
    return readBody(this.#req, MAX_BODY_BYTES);
  }
}
