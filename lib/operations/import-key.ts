import type {OperationBody} from '../../schemas/kms-operations.ts';
import {NotSupportedError, OperationFailedError} from '../errors.ts';
import {operationsOf} from '../keys/key-state.ts';
import {unwrapTransported} from '../keys/key-transport.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';
import {assertJwkPurpose} from '../keys/private-key-codec/jwk-purpose.ts';
import {assertKeyFormat, parseKey} from '../keys/private-key-codec/key-format.ts';
import {parsePrivateJwk} from '../keys/private-key-codec/private-jwk.ts';
import type {KeyOperation, KeyRecord} from '../storage/key-record.ts';
import type {ImportTokens} from './import-tokens.ts';
import {type KeyMaterial, readKeyMaterial, type WrappedMaterial} from './key-material-input.ts';
import type {NewKeyContext} from './operation.ts';
import {planNewKey} from './plan-new-key.ts';

interface ImportContext {
  readonly type: KeyTypeDescriptor;
  /** What the new key will do. */
  readonly operations: readonly KeyOperation[];
  readonly keystoreId: string;
  readonly importTokens: ImportTokens;
}

/** Plans a key whose secret the client brings. It is read when the key is made, so that it lives no longer than that takes. */
export function planImportKey(
  {invocationTarget: target, keyMaterial}: OperationBody<'ImportKeyOperation'>,
  context: NewKeyContext,
): () => Promise<KeyRecord> {
  const {keystore, module, importTokens} = context;
  const {type, id, record} = planNewKey(target, 'imported', context);
  const material = readKeyMaterial(keyMaterial);
  assertKeyFormat(type, material.format);
  if (!type.importable || !module.importKey) {
    throw new NotSupportedError("The keystore's key module does not import keys of this type.");
  }
  const importKey = module.importKey.bind(module);
  const operations = operationsOf(target.keyOps ? {keyOps: target.keyOps} : {}, type);
  return async () => {
    const secret = await readSecret(material, {type, operations, keystoreId: keystore.id, importTokens});
    try {
      return record(await importKey(id, secret));
    } finally {
      secret.fill(0);
    }
  };
}

/** The secret in the `secretForm` of its type; the caller zeroes it. The strings of a JWK are there until memory is collected. */
async function readSecret(material: KeyMaterial, context: ImportContext): Promise<Buffer> {
  const {type, operations} = context;
  switch (material.kind) {
    case 'jwk':
      assertJwkPurpose(type, material.jwk, operations);
      return parsePrivateJwk(type, material.jwk);
    case 'data':
      return parseBytes(material.decode(), material, context);
    case 'wrapped':
      return parseBytes(await unwrap(material, context), material, context);
  }
}

function parseBytes(
  bytes: Uint8Array,
  {format}: Pick<KeyMaterial, 'format'>,
  {type, operations}: ImportContext,
): Buffer {
  try {
    const onJwk = (jwk: unknown) => assertJwkPurpose(type, jwk, operations);
    return parseKey(type, {format, bytes, onJwk});
  } finally {
    bytes.fill(0);
  }
}

/** The token is used up before anything is decrypted, and what does not open tells nothing: one guess, and one answer. */
async function unwrap(
  {importToken, transported}: WrappedMaterial,
  {keystoreId, importTokens}: ImportContext,
): Promise<Buffer> {
  const privateKey = await importTokens.open(keystoreId, importToken);
  const bytes = unwrapTransported(privateKey, transported);
  if (!bytes) throw new OperationFailedError('The operation failed.');
  return bytes;
}
