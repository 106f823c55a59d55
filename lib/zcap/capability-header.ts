import {gunzipBounded} from '../encoding/gunzip-bounded.ts';
import {decodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {NotAllowedError} from '../errors.ts';
import {parseAuthParameters} from './auth-parameters.ts';
import {MAX_CAPABILITY_BYTES, MAX_CAPABILITY_DEPTH} from './limits.ts';

/** What a `Capability-Invocation` header says: a root capability's id, or an encoded delegated capability. */
export type CapabilityHeader = {readonly action: string} & (
  {readonly id: string; readonly encoded?: undefined} | {readonly encoded: string; readonly id?: undefined}
);

const NAMES = ['id', 'capability', 'action'];

/** Parses the header's text, not the capability (R13). @throws NotAllowedError */
export function parseCapabilityHeader(text: string): CapabilityHeader {
  const parameters = parseAuthParameters(text, {scheme: 'zcap', names: NAMES});
  if (!parameters) throw refused('The capability invocation header is not well-formed.');
  const [id, encoded, action] = parameters;
  if (!action) throw refused('The capability invocation header must name one action.');
  if (id && encoded === undefined) return {id, action};
  if (encoded && id === undefined) return {encoded, action};
  throw refused('The capability invocation header must hold either an "id" or a "capability".');
}

/**
 * Opens an encoded delegated capability: strict base64url of one gzip member of strict JSON, bounded in size and depth
 * (R15). Called only for a request whose HTTP signature has verified (R10, R12).
 * @returns the JSON value, and how many bytes it was written in
 * @throws NotAllowedError
 */
export function decodeCapability(encoded: string): {readonly document: unknown; readonly bytes: number} {
  const compressed = decodeBase64url(encoded);
  const json = compressed && gunzipBounded(compressed, {maxOutputBytes: MAX_CAPABILITY_BYTES});
  if (!json) throw refused('Capability in Capability-Invocation header is improperly encoded.');
  try {
    return {document: parseStrictJson(json, {maxDepth: MAX_CAPABILITY_DEPTH}), bytes: json.length};
  } catch (cause) {
    throw new NotAllowedError(
      'capability-encoding',
      'Capability in Capability-Invocation header is improperly encoded.',
      {cause},
    );
  }
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('capability-encoding', message);
}
