import express, {type ErrorRequestHandler, type Express} from 'express';
import type {Endpoint} from './endpoint.ts';
import {toKmsError} from '../errors.ts';
import {errorReply} from './error-body.ts';
import {createReady, live, type HealthCheck} from './health.ts';
import {createRequestHandler, type RequestHandlerOptions} from './request-handler.ts';
import type {KMS_ROUTES} from './router.ts';
import {renderReply, sendReply} from './send-reply.ts';

/** The endpoints of the KMS, by their routes' names. */
export type KmsEndpoints = Readonly<Record<(typeof KMS_ROUTES)[number]['name'], Endpoint>>;

export interface AppOptions extends Omit<RequestHandlerOptions, 'endpoints'> {
  readonly endpoints: KmsEndpoints;
  readonly healthChecks: readonly HealthCheck[];
}

/** The Express app: one handler, in which everything that happens to a request stands in order. */
export function createApp({endpoints, healthChecks, ...options}: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  const ready = createReady(healthChecks, options.lifecycle);
  app.use(createRequestHandler({...options, endpoints: {...endpoints, live, ready}}));
  app.use(lastResort(options));
  return app;
}

/** The handler catches everything; should it throw itself, Express must not answer with the stack. */
function lastResort({log}: Pick<AppOptions, 'log'>): ErrorRequestHandler {
  return (error, req, res, next) => {
    log.error({err: error as unknown}, 'the request handler failed');
    if (res.headersSent) {
      next(error);
      return;
    }
    sendReply({req, res}, renderReply(errorReply(toKmsError(error))), {close: true});
  };
}
