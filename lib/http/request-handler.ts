import {randomUUID} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Logger} from 'pino';
import {
  MalformedRequestError,
  MethodNotAllowedError,
  NotFoundError,
  toKmsError,
  type KmsError,
} from '../errors.ts';
import type {Metrics} from '../observability/metrics.ts';
import {endOfTurn} from '../turns.ts';
import type {ClientAddress, ReadClientAddress} from './client-address.ts';
import {HttpEndpointRequest} from './endpoint-request.ts';
import type {Endpoint, Reply} from './endpoint.ts';
import {errorReply} from './error-body.ts';
import {isLong} from './json-in-parts.ts';
import type {Lifecycle} from './lifecycle.ts';
import type {Limiter} from './rate-limit.ts';
import {ClientGoneError} from './read-body.ts';
import {checkHead, endsConnection, headerLines} from './read-head.ts';
import {commonHeaders, preflightHeaders} from './reply-headers.ts';
import {requestRecorder} from './request-log.ts';
import {matchPath, type RouteName} from './router.ts';
import {renderLongReply, renderReply, sendReply, type RenderedReply} from './send-reply.ts';

export interface RequestHandlerOptions {
  readonly endpoints: Readonly<Record<RouteName, Endpoint>>;
  readonly addressLimiter: Limiter;
  readonly clientAddress: ReadClientAddress;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Whether TLS ends here with a certificate that browsers may hold us to. */
  readonly hsts: boolean;
}

/** A request, while it is being answered. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly id: string;
  readonly target: string;
  /** Known once it was read; the log says what is known. */
  address: string;
  route: RouteName | 'none';
  request: HttpEndpointRequest | undefined;
}

/** Answers every request that Node could parse: with an endpoint's reply, or with the one error body. */
export function createRequestHandler(
  options: RequestHandlerOptions,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const common = commonHeaders(options);
  const record = requestRecorder(options);
  return async (req, res) => {
    const start = performance.now();
    // Express keeps the target as received in `originalUrl`; `url` changes where an app is mounted.
    const target = 'originalUrl' in req ? String(req.originalUrl) : (req.url ?? '');
    const exchange: Exchange = {
      req,
      res,
      id: randomUUID(),
      target,
      address: '',
      route: 'none',
      request: undefined,
    };
    if (endsConnection(req)) res.setHeader('Connection', 'close');
    const outcome = await answer(exchange, options);
    // Refusals that hardly took any time are sent together: to wake a client takes longer than to find out what is wrong.
    if (outcome?.error) await endOfTurn();
    if (outcome === undefined || res.destroyed) {
      logGone(exchange, options.log);
      return;
    }
    const {rendered, error} = outcome;
    const headers = {...common, 'X-Request-Id': exchange.id, ...rendered.headers};
    sendReply(exchange, {...rendered, headers}, {close: options.lifecycle.draining});
    record({
      requestId: exchange.id,
      method: req.method ?? '',
      route: exchange.route,
      path: pathOf(target),
      address: exchange.address,
      request: exchange.request,
      status: rendered.status,
      seconds: (performance.now() - start) / 1000,
      error,
    });
  };
}

/**
 * In this order: who asks and how often, then syntax, then where to.
 * @returns undefined where nobody is left to be answered
 */
async function answer(
  exchange: Exchange,
  options: RequestHandlerOptions,
): Promise<{rendered: RenderedReply; error: KmsError | undefined} | undefined> {
  try {
    const client = readClient(exchange, options);
    exchange.address = client.address;
    await options.addressLimiter.limit(client.address);
    const reply = await route(exchange, client, options);
    const rendered = isLong(reply.body) ? await renderLongReply(reply) : renderReply(reply);
    return {rendered, error: undefined};
  } catch (thrown) {
    if (thrown instanceof ClientGoneError) return undefined;
    const error = toKmsError(thrown);
    return {rendered: renderReply(errorReply(error)), error};
  }
}

function readClient({req}: Exchange, options: RequestHandlerOptions): ClientAddress {
  const {remoteAddress} = req.socket;
  if (remoteAddress === undefined) throw new ClientGoneError('The client went away.');
  return options.clientAddress(remoteAddress, headerLines(req.rawHeaders, 'x-forwarded-for'));
}

function route(
  exchange: Exchange,
  client: ClientAddress,
  options: RequestHandlerOptions,
): Reply | Promise<Reply> {
  const {req, res, id, target} = exchange;
  checkHead(req, target);
  if (client.malformed)
    throw new MalformedRequestError('X-Forwarded-For holds something that is no address.');
  const match = matchPath(pathOf(target));
  if (!match) throw new NotFoundError('There is nothing at this URL.');
  const {method = ''} = req;
  const {methods, routes} = match.resource;
  if (method === 'OPTIONS') {
    const [requested] = headerLines(req.rawHeaders, 'access-control-request-headers');
    return {status: 204, headers: preflightHeaders(methods, requested)};
  }
  const name = routes.get(method);
  if (name === undefined) throw new MethodNotAllowedError(methods);
  exchange.route = name;
  const head = {method, target, rawHeaders: req.rawHeaders, remoteAddress: client.address};
  exchange.request = new HttpEndpointRequest({req, res}, {id, head, params: match.params}, options);
  return options.endpoints[name](exchange.request);
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function logGone({id, req, route, address}: Exchange, log: Logger): void {
  log.debug({requestId: id, method: req.method, route, address}, 'client went away');
}
