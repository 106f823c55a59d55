import type {OperationBody} from '../../schemas/kms-operations.ts';
import {generateLocalId} from '../encoding/local-id.ts';
import {NotSupportedError} from '../errors.ts';
import type {GeneratedKey, KeyModule, KeyVersionId} from '../key-modules/key-module.ts';
import {findKeyType, KEY_TYPES, type KeyTypeDescriptor} from '../keys/key-types.ts';
import {initialRecord, readNewKey} from '../keys/new-key.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {NewKeyContext} from './operation.ts';

/** A key that is to be made: all of it was checked but its material. */
export interface NewKeyPlan {
  readonly type: KeyTypeDescriptor;
  /** Of the first version; the id is minted here, and so is known to nobody before the key is made. */
  readonly id: KeyVersionId;
  /** The record with that material. */
  readonly record: (generated: GeneratedKey) => KeyRecord;
}

/** @throws NotSupportedError, MalformedRequestError, KeyPolicyError */
export function planNewKey(
  target: OperationBody<'GenerateKeyOperation'>['invocationTarget'],
  origin: KeyRecord['origin'],
  {keystore, module, defaults, now}: Pick<NewKeyContext, 'keystore' | 'module' | 'defaults' | 'now'>,
): NewKeyPlan {
  const type = readType(target.type, module);
  const members = readNewKey(target, type, defaults);
  const [keystoreId, localKeyId] = [keystore.id, generateLocalId()];
  return {
    type,
    id: {keystoreId, localKeyId, type: type.name, version: 1},
    record: (generated) => initialRecord({keystoreId, localKeyId, type, origin}, members, generated, now),
  };
}

function readType(name: string, module: KeyModule): KeyTypeDescriptor {
  const type = findKeyType(name);
  if (type && module.supports(type.name)) return type;
  const supported = Object.values(KEY_TYPES).flatMap((known) =>
    module.supports(known.name) ? [known.name] : [],
  );
  throw new NotSupportedError("The key type is not one that the keystore's key module supports.", {
    details: {supported},
  });
}
