import type {OperationBody} from '../../schemas/kms-operations.ts';
import {generateLocalId} from '../encoding/local-id.ts';
import {NotSupportedError} from '../errors.ts';
import type {GeneratedKey, KeyModule, KeyVersionId} from '../key-modules/key-module.ts';
import {offeredKeyType, offeredKeyTypes, type OfferedKeyType} from '../key-modules/key-type-support.ts';
import {initialRecord, type NewKeyMembers, readNewKey} from '../keys/new-key.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {NewKeyContext} from './operation.ts';

/** A key that is to be made: all of it was checked but its material. */
export interface NewKeyPlan {
  /** With what the module does of it. */
  readonly type: OfferedKeyType;
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
  assertExtractable(members, type);
  const [keystoreId, localKeyId] = [keystore.id, generateLocalId()];
  return {
    type,
    id: {keystoreId, localKeyId, type: type.name, version: 1},
    record: (generated) => initialRecord({keystoreId, localKeyId, type, origin}, members, generated, now),
  };
}

function readType(name: string, module: KeyModule): OfferedKeyType {
  const type = offeredKeyType(module, name);
  if (type) return type;
  throw new NotSupportedError("The key type is not one that the keystore's key module supports.", {
    details: {supported: offeredKeyTypes(module)},
  });
}

/** Who asks for a key that can be exported learns now that it never could. */
function assertExtractable({policy}: NewKeyMembers, {extractable}: OfferedKeyType): void {
  if (policy?.exportable !== true || extractable) return;
  throw new NotSupportedError("The keystore's key module does not let keys of this type leave.");
}
