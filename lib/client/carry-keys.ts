import {createPrivateKey, generateKeyPair} from 'node:crypto';
import {promisify} from 'node:util';
import {encodeBase64url} from '../encoding/base64url.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import {MalformedRequestError} from '../errors.ts';
import {parseRecipient, unwrapTransported, wrapForTransport} from '../keys/key-transport.ts';
import {UnexpectedReplyError} from './client-errors.ts';
import type {KmsChannel} from './kms-channel.ts';
import {Reply} from './reply.ts';

const RECIPIENT_BITS = 3072;
const generate = promisify(generateKeyPair);

/** Imports a key so that nobody on the way reads it: wrapped under a key that the service made for this. @returns the new key's URL */
export async function importWrapped(
  channel: KmsChannel,
  invocationTarget: Readonly<Record<string, unknown>>,
  {format, bytes}: {readonly format: string; readonly bytes: Uint8Array},
): Promise<string> {
  const parameters = new Reply(
    await channel.runOnKeystore({
      type: 'GetImportParametersOperation',
      invocationTarget: {type: 'ImportParameters'},
    }),
    'it',
  );
  const {wrappedKey, encryptedWrappingKey} = wrapForTransport(readRecipient(parameters), bytes);
  const reply = await channel.runOnKeystore({
    type: 'ImportKeyOperation',
    invocationTarget,
    keyMaterial: {
      format,
      importToken: parameters.text('importToken'),
      wrappedKey: encodeBase64url(wrappedKey),
      encryptedWrappingKey: encodeBase64url(encryptedWrappingKey),
    },
  });
  return new Reply(reply, 'it').text('keyId');
}

/** Exports a key to a key pair that lives as long as this call. @returns the JWK with its private members */
export async function exportWrapped(
  operate: (members: Readonly<Record<string, unknown>>) => Promise<Reply>,
  keyVersion: number | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const {publicKey, privateKey} = await generate('rsa', {
    modulusLength: RECIPIENT_BITS,
    publicKeyEncoding: {format: 'der', type: 'spki'},
    privateKeyEncoding: {format: 'der', type: 'pkcs8'},
  });
  try {
    const reply = await operate({
      format: 'jwk',
      recipient: {publicKey: encodeBase64url(publicKey)},
      ...(keyVersion !== undefined && {keyVersion}),
    });
    if (reply.text('format') !== 'jwk') throw new UnexpectedReplyError('the key is in another format.');
    const recipient = createPrivateKey({key: privateKey, format: 'der', type: 'pkcs8'});
    const json = unwrapTransported(recipient, {
      wrappedKey: reply.bytes('wrappedKey'),
      encryptedWrappingKey: reply.bytes('encryptedWrappingKey'),
    });
    if (!json) throw new UnexpectedReplyError('the key does not open.');
    return readJwk(json);
  } finally {
    privateKey.fill(0);
  }
}

function readRecipient(parameters: Reply) {
  try {
    return parseRecipient(parameters.bytes('publicKey'));
  } catch (cause) {
    if (!(cause instanceof MalformedRequestError)) throw cause;
    throw new UnexpectedReplyError('the key to wrap with is none.', {cause});
  }
}

function readJwk(json: Buffer): Readonly<Record<string, unknown>> {
  try {
    const jwk = parseStrictJson(json, {maxDepth: 4});
    if (typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk)) {
      return jwk as Readonly<Record<string, unknown>>;
    }
  } catch {
    // The parser's error could be about the key.
  } finally {
    json.fill(0);
  }
  throw new UnexpectedReplyError('the key is no JSON object.');
}
