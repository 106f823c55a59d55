import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {encodeBase64url} from '../encoding/base64url.ts';
import {KeyPolicyError, KeyStateError, MalformedRequestError, NotSupportedError} from '../errors.ts';
import {currentVersion, type KeyState, keyState} from '../keys/key-state.ts';
import {parseRecipient, wrapForTransport} from '../keys/key-transport.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {
  assertKeyFormat,
  formatKey,
  type KeyFormat,
  keyFormats,
} from '../keys/private-key-codec/key-format.ts';
import {formatPrivateJwk} from '../keys/private-key-codec/private-jwk.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import {decodeMember} from './decode-member.ts';
import type {UsableKey} from './usable-key.ts';

type Operation = OperationBody<'ExportKeyOperation'>;
type Reply = OperationReply<'ExportKeyOperation'>;

/** A key that does nothing does not leave, either. */
const EXPORTABLE_STATES: ReadonlySet<KeyState> = new Set(['active', 'expired']);

/**
 * The key of one version, wrapped for `recipient` as it is imported, or in clear. Nothing is done for a key that may not leave.
 * @throws KeyPolicyError where its policy does not say `exportable`. @throws KeyStateError where it, or that version, does nothing.
 * @throws NotFoundError where there is no such version. @throws NotSupportedError where it has no such format, or any.
 * @throws MalformedRequestError where it is not said who is to read it, or who that is cannot.
 */
export async function exportKey(
  operation: Operation,
  {record, type, module, version}: UsableKey,
  {now}: {readonly now: number},
): Promise<Reply> {
  assertExportable(record, now);
  const seal = readRecipient(operation);
  const format = readFormat(operation, type);
  const key = version(operation.keyVersion ?? currentVersion(record).version);
  if (!type.extractable || !module.exportKey) {
    throw new NotSupportedError("The keystore's key module does not let keys of this type leave.");
  }
  const secret = await module.exportKey(key);
  try {
    return {format, keyVersion: key.version, ...seal(type, format, secret)};
  } finally {
    secret.fill(0);
  }
}

function assertExportable(record: KeyRecord, now: number): void {
  const state = keyState(record, now);
  if (!EXPORTABLE_STATES.has(state)) {
    throw new KeyStateError('In the state that it is in, the key is not exported.', {details: {state}});
  }
  if (record.policy?.exportable === true) return;
  throw new KeyPolicyError('exportable', 'The key was not made exportable, or is so no longer.');
}

type Seal = (type: KeyTypeDescriptor, format: KeyFormat, secret: Uint8Array) => Partial<Reply>;

function readRecipient({recipient, plaintext}: Operation): Seal {
  if (plaintext === true && recipient === undefined) return inClear;
  if (recipient === undefined || plaintext !== undefined) {
    throw new MalformedRequestError('Either "recipient" or "plaintext" must say who is to read the key.');
  }
  const publicKey = parseRecipient(decodeMember(recipient, 'publicKey'));
  return (type, format, secret) => {
    const bytes = formatKey(type, format, secret);
    try {
      const {wrappedKey, encryptedWrappingKey} = wrapForTransport(publicKey, bytes);
      return {
        wrappedKey: encodeBase64url(wrappedKey),
        encryptedWrappingKey: encodeBase64url(encryptedWrappingKey),
      };
    } finally {
      bytes.fill(0);
    }
  };
}

const inClear: Seal = (type, format, secret) => {
  if (format === 'jwk') return {jwk: formatPrivateJwk(type, secret)};
  const bytes = formatKey(type, format, secret);
  try {
    return {data: encodeBase64url(bytes)};
  } finally {
    bytes.fill(0);
  }
};

function readFormat({format}: Operation, type: KeyTypeDescriptor): KeyFormat {
  const asked = format ?? keyFormats(type)[0] ?? 'jwk';
  assertKeyFormat(type, asked);
  return asked;
}
