import type {Agent} from 'node:https';
import {parseStrictJson} from '../../encoding/strict-json.ts';
import {MalformedRequestError} from '../../errors.ts';
import {UnexpectedReplyError} from '../client-errors.ts';
import {type Capability, chooseCapability, type ConnectionCredential} from './capability.ts';
import {wasStaleConnection} from './connection-error.ts';
import {type HttpsReply, sendHttps} from './https-request.ts';
import {readReplyError} from './reply-error.ts';
import {signRequest} from './sign-request.ts';

export interface SignedClientOptions {
  readonly credential: ConnectionCredential;
  readonly agent: Agent;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface SignedCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly action: string;
  /** Whether a capability for something else will do. */
  readonly orAny?: boolean;
  /** What is invoked where the credential has no capabilities, or where these are not to be looked at. */
  readonly root: string;
  readonly capability?: Capability | string;
  readonly json?: unknown;
}

/** Deeper than any reply: a capability in a list, in a body. */
const MAX_REPLY_DEPTH = 64;

/** Sends signed requests and reads what is answered: the parsed body, or the error that it tells of. */
export class SignedClient {
  readonly #credential: ConnectionCredential;
  readonly #agent: Agent;
  readonly #now: () => number;

  constructor({credential, agent, now = Date.now}: SignedClientOptions) {
    this.#credential = credential;
    this.#agent = agent;
    this.#now = now;
  }

  /**
   * @returns the parsed body, or undefined where there is none
   * @throws KmsError as the server tells it. @throws KmsConnectionError, UnexpectedReplyError. @throws NotAllowedError where no
   *   capability fits
   */
  async call(call: SignedCall): Promise<unknown> {
    try {
      return readReply(await this.#send(call));
    } catch (error) {
      // Signed anew: of a connection that the server had closed meanwhile, and only where nothing changes by it.
      if (call.method !== 'GET' || !wasStaleConnection(error)) throw error;
      return readReply(await this.#send(call));
    }
  }

  async #send({method, url, action, orAny, root, capability, json}: SignedCall): Promise<HttpsReply> {
    const {signer, capabilities = []} = this.#credential;
    const now = this.#now();
    const body = json === undefined ? undefined : JSON.stringify(json);
    const headers = await signRequest(
      {
        method,
        url,
        body,
        capability:
          capability ??
          chooseCapability(capabilities, {keystoreId: root, url, actions: [action], orAny, now}),
        action,
        created: Math.floor(now / 1000),
      },
      signer,
    );
    return sendHttps({method, url, headers, body}, this.#agent);
  }
}

function readReply({status, contentType, retryAfter, body}: HttpsReply): unknown {
  const parsed = body.length === 0 ? undefined : parseBody(body, contentType);
  if (status >= 200 && status < 300) return parsed;
  throw readReplyError(status, parsed, retryAfter);
}

/** undefined where it is no JSON: an error of something in between. */
function parseBody(body: Buffer, contentType: string): unknown {
  if (!/^application\/(?:[a-z0-9.+-]+\+)?json(?:;|$)/i.test(contentType)) return undefined;
  try {
    return parseStrictJson(body, {maxDepth: MAX_REPLY_DEPTH});
  } catch (cause) {
    if (!(cause instanceof MalformedRequestError)) throw cause;
    throw new UnexpectedReplyError('it is not the JSON that it says it is.', {cause});
  }
}
