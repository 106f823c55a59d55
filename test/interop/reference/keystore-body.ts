import {HttpError} from './http-error.ts';
import type {ReferenceKeystore} from './state.ts';

const MEMBERS = new Set(['id', 'sequence', 'controller', 'kmsModule', 'meterId', 'ipAllowList']);

/** Checks the shape of a posted keystore config. `id` undefined: a new one, which has no id and begins at sequence 0. */
export function parseKeystoreBody(body: unknown, id: string | undefined): ReferenceKeystore {
  const config = body as Partial<Record<string, unknown>> | null;
  if (
    typeof config !== 'object' ||
    config === null ||
    !Object.keys(config).every((name) => MEMBERS.has(name))
  ) {
    throw invalid();
  }
  const {sequence, controller, ipAllowList} = config;
  const controllers = [controller].flat();
  if (controllers.length === 0 || !controllers.every((did) => typeof did === 'string' && did.includes(':')))
    throw invalid();
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0 || (id === undefined && sequence !== 0))
    throw invalid();
  if (ipAllowList !== undefined && !(Array.isArray(ipAllowList) && ipAllowList.length > 0)) throw invalid();
  if (config['id'] !== id)
    throw new HttpError(400, 'URLMismatchError', 'The config id does not match the URL.');
  return {kmsModule: 'ssm-v1', ...config} as ReferenceKeystore;
}

function invalid(): HttpError {
  return new HttpError(400, 'ValidationError', 'The keystore config is invalid.');
}
