import {parseStrictJson} from '../../../encoding/strict-json.ts';
import {ClientError} from '../client-error.ts';

/** A capability as JSON; what it says is for the server to judge. */
export type CapabilityDocument = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly invocationTarget: string;
};

interface ProfileBase {
  /** Of the controller key. */
  readonly did: string;
  /** The keystore's URL. */
  readonly keystore: string;
}

export interface RemoteProfile extends ProfileBase {
  readonly kind: 'remote';
  /** The server's origin. */
  readonly server: string;
  /** PEM: what the server's certificate is to be signed by, or is; absent: the authorities that Node.js knows. */
  readonly ca?: string;
  /** What was delegated to `did`; none: it controls the keystore. */
  readonly capabilities: readonly CapabilityDocument[];
}

export interface LocalProfile extends ProfileBase {
  readonly kind: 'local';
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute path of a file of settings, read by each command. */
  readonly configFile?: string;
}

/** Of an application on the server's host; `did` is the application's, and controls nothing. */
export interface IpcProfile extends ProfileBase {
  readonly kind: 'ipc';
  /** Absolute path of the file with its secret. */
  readonly credential: string;
  /** Absolute path of the manifest of its build. */
  readonly manifest?: string;
}

/** What a profile's file holds: everything but the controller key. */
export type Profile = RemoteProfile | LocalProfile | IpcProfile;

export const MAX_PROFILE_BYTES = 1024 * 1024;
const FORMAT = 1;
const MAX_DEPTH = 40;

/** JSON in UTF-8. */
export function formatProfile(profile: Profile): Buffer {
  return Buffer.from(`${JSON.stringify({format: FORMAT, ...profile}, undefined, 2)}\n`);
}

/** @param path is for messages. @throws ClientError where it is none, or that of another release */
export function parseProfile(bytes: Uint8Array, path: string): Profile {
  const members = readMembers(bytes, path);
  const text = (name: string): string => {
    const value = members[name];
    if (typeof value !== 'string' || value === '') throw malformed(path, `"${name}" must be a string`);
    return value;
  };
  if (members['format'] !== FORMAT) throw malformed(path, 'it is of another release');
  const base = {did: text('did'), keystore: text('keystore')};
  switch (members['kind']) {
    case 'local':
      return {
        ...{kind: 'local', ...base, dataDir: text('dataDir')},
        ...(members['configFile'] !== undefined && {configFile: text('configFile')}),
      };
    case 'ipc':
      return {
        ...{kind: 'ipc', ...base, credential: text('credential')},
        ...(members['manifest'] !== undefined && {manifest: text('manifest')}),
      };
    case 'remote':
      return {
        kind: 'remote',
        ...base,
        server: text('server'),
        ...(members['ca'] !== undefined && {ca: text('ca')}),
        capabilities: readCapabilities(members['capabilities'], path),
      };
    default:
      throw malformed(path, '"kind" must be local, ipc or remote');
  }
}

/** Whether a value has what is needed to know a delegated capability by, and nothing in it that a terminal would obey. */
export function isCapabilityDocument(value: unknown): value is CapabilityDocument {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    isUri(value.id) &&
    'invocationTarget' in value &&
    isUri(value.invocationTarget) &&
    'parentCapability' in value &&
    isUri(value.parentCapability) &&
    'proof' in value &&
    typeof value.proof === 'object'
  );
}

/** ASCII without spaces and controls. */
function isUri(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function readMembers(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, {maxDepth: MAX_DEPTH});
  } catch (cause) {
    throw malformed(path, 'it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw malformed(path, 'it is no object');
  return value as Readonly<Record<string, unknown>>;
}

function readCapabilities(value: unknown, path: string): readonly CapabilityDocument[] {
  if (Array.isArray(value) && value.every(isCapabilityDocument)) return value;
  throw malformed(path, '"capabilities" must be an array of capabilities');
}

function malformed(path: string, problem: string, cause?: unknown): ClientError {
  const message = `The profile ${path} cannot be used: ${problem}. Make it again with: webkms init --force`;
  return new ClientError('failed', message, {cause});
}
