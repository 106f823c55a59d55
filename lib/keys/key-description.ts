import {InternalError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import {findKeyType} from './key-types.ts';
import {checkPublicAlias, expandPublicAliasTemplate} from './public-alias.ts';
import {formatPublicKey} from './public-key.ts';

/** What the public may know of a key, with exactly these members. */
export interface KeyDescription {
  /** The suite's context URL. */
  readonly '@context': string;
  /** The public alias where the key has one, else the key's URL. */
  readonly id: string;
  readonly type: string;
  /** The keystore's current controller, as it was given. */
  readonly controller: string | readonly string[];
  readonly publicKeyMultibase?: string;
  readonly publicKeyBase58?: string;
}

export interface DescribeKeyOptions {
  /** The key's URL. */
  readonly keyId: string;
  /** The keystore's current controller, as it was given. */
  readonly keystoreController: string | readonly string[];
  readonly record: Pick<KeyRecord, 'type' | 'publicAlias' | 'publicAliasTemplate' | 'versions'>;
}

/**
 * Describes a key's current version. Call it before a new record is stored: that is where a bad alias is refused.
 * @throws MalformedRequestError where the record's alias or template does not give an absolute URI.
 */
export function describeKey({keyId, keystoreController, record}: DescribeKeyOptions): KeyDescription {
  const keyType = findKeyType(record.type);
  const publicKey = record.versions.at(-1)?.publicKey;
  if (!keyType || publicKey?.length !== keyType.publicKey?.length) {
    throw new InternalError(
      new Error('A stored key is of an unknown type, or its public key is not of its type.'),
    );
  }
  const description = {
    '@context': keyType.context,
    id: keyId,
    type: keyType.descriptionType,
    controller: keystoreController,
    ...(keyType.publicKey &&
      publicKey && {[keyType.publicKey.member]: formatPublicKey(keyType.publicKey, publicKey)}),
  };
  return {...description, id: aliasOf(record, description)};
}

function aliasOf(record: DescribeKeyOptions['record'], description: KeyDescription): string {
  const {publicAlias, publicAliasTemplate} = record;
  if (publicAlias !== undefined) return checkPublicAlias(publicAlias);
  if (publicAliasTemplate === undefined) return description.id;
  return expandPublicAliasTemplate(publicAliasTemplate, {...description});
}
