import {parseStrictJson} from '../../encoding/strict-json.ts';
import {MalformedRequestError} from '../../errors.ts';
import {ClientError} from './client-error.ts';
import {readSmallFile} from './read-small-file.ts';

const MAX_DEPTH = 40;

/** @param name what messages call it. @throws ClientError where it holds no JSON object */
export async function readJsonFile(path: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  return parseJsonObject(await readSmallFile(path, name), `${name} ${path}`);
}

/** @throws ClientError */
export function parseJsonObject(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, {maxDepth: MAX_DEPTH});
  } catch (error) {
    if (!(error instanceof MalformedRequestError)) throw error;
    throw new ClientError('usage', `${name}: ${error.message}`, {cause: error});
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new ClientError('usage', `${name} must be a JSON object.`);
}
