import {IncomingMessage, ServerResponse} from 'node:http';
import type {Express} from 'express';

/** What makes the messages of a server. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse<IncomingMessage>;
}

/**
 * The classes of messages for a server that only `app` listens to. Express gives every request and response the prototypes that
 * the app names, which makes them slow objects. These have them from the beginning: there is nothing left to change.
 */
export function expressMessages(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  Object.assign(app, {request: AppRequest.prototype, response: AppResponse.prototype});
  return {IncomingMessage: AppRequest, ServerResponse: AppResponse};
}
