import {InternalError} from '../../errors.ts';
import type {EndpointRequest} from '../endpoint.ts';

/** The URLs of things, as capabilities and records name them: whatever the request says of its own host. */
export interface ResourceUrls {
  /** What `Host` must be (R7). */
  readonly host: string;
  readonly keystores: string;
  keystore(request: EndpointRequest): string;
}

export function resourceUrls(baseUrl: string): ResourceUrls {
  const {host, origin} = new URL(baseUrl);
  const keystores = `${origin}/kms/keystores`;
  return {host, keystores, keystore: (request) => `${keystores}/${parameter(request, 'keystore')}`};
}

/** A parameter of the route, raw. */
export function parameter({params}: EndpointRequest, name: 'keystore' | 'key' | 'zcapId'): string {
  const value = params[name];
  if (value === undefined) throw new InternalError(new Error(`The route lacks the parameter ${name}.`));
  return value;
}
