import type {OperationBody} from '../../schemas/kms-operations.ts';
import {generateLocalId} from '../encoding/local-id.ts';
import {MalformedRequestError, NotSupportedError} from '../errors.ts';
import {describeKey} from '../keys/key-description.ts';
import {findKeyType, KEY_TYPES, type KeyTypeDescriptor} from '../keys/key-types.ts';
import {checkPublicAlias} from '../keys/public-alias.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {NewKey, NewKeyContext} from './operation.ts';

type Target = OperationBody<'GenerateKeyOperation'>['invocationTarget'];

/** Plans a new key; its id is minted here, and so is known to nobody before it is made. */
export function planGenerateKey(
  {invocationTarget: target}: OperationBody<'GenerateKeyOperation'>,
  context: NewKeyContext,
): () => Promise<NewKey> {
  const type = readType(target, context);
  assertAlias(target, type);
  return () => generateKey(target, type, context);
}

function readType(target: Target, {module}: NewKeyContext): KeyTypeDescriptor {
  const type = findKeyType(target.type);
  if (!type || !module.supports(type.name)) {
    const supported = Object.values(KEY_TYPES).flatMap(({name}) => (module.supports(name) ? [name] : []));
    throw new NotSupportedError("The key type is not one that the keystore's key module supports.", {
      details: {supported},
    });
  }
  return type;
}

/** An alias is how the public knows a key. Clients find a symmetric key by its description's id, so that stays its URL. */
function assertAlias({publicAlias, publicAliasTemplate}: Target, type: KeyTypeDescriptor): void {
  if (publicAlias === undefined && publicAliasTemplate === undefined) return;
  if (publicAlias !== undefined && publicAliasTemplate !== undefined) {
    throw new MalformedRequestError('Only one of "publicAlias" and "publicAliasTemplate" may be given.');
  }
  if (!type.publicKey) {
    throw new MalformedRequestError('Only a key with a public key may have a public alias.');
  }
  // What a template gives is known only with the key.
  if (publicAlias !== undefined) checkPublicAlias(publicAlias);
}

async function generateKey(
  {maxCapabilityChainLength, publicAlias, publicAliasTemplate}: Target,
  {name: type}: KeyTypeDescriptor,
  {keystore, module, createdAt}: NewKeyContext,
): Promise<NewKey> {
  const identity = {keystoreId: keystore.id, localKeyId: generateLocalId(), type};
  const generated = await module.generateKey({...identity, version: 1});
  const record: KeyRecord = {
    ...identity,
    sequence: 0,
    createdAt,
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(publicAlias !== undefined && {publicAlias}),
    ...(publicAliasTemplate !== undefined && {publicAliasTemplate}),
    versions: [{version: 1, createdAt, ...generated}],
  };
  const keyId = `${keystore.id}/keys/${record.localKeyId}`;
  const description = describeKey({keyId, keystoreController: keystore.controller, record});
  return {keyId, record, description};
}
