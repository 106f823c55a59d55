import type {KeyMetadataBody} from '../../schemas/key-metadata.ts';
import {InternalError, MalformedRequestError, NotFoundError} from '../errors.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import {currentVersion} from './key-state.ts';
import {findKeyType} from './key-types.ts';
import {findVersion} from './key-use-rules.ts';
import {checkPublicAlias, expandPublicAliasTemplate} from './public-alias.ts';
import {formatPublicKey} from './public-key.ts';

/** What the public may know of a key, with exactly these members. */
export interface KeyDescription {
  /** The suite's context URL. */
  readonly '@context': string;
  /** The public alias where the key has one, else the key's URL; of a version that is not current with `?version=n`. */
  readonly id: string;
  readonly type: string;
  /** The keystore's current controller, as it was given. */
  readonly controller: string | readonly string[];
  readonly publicKeyMultibase?: string;
  readonly publicKeyBase58?: string;
  /** Which version is described; absent while the key has only one. */
  readonly keyVersion?: number;
  /** Where it was asked for; see key-metadata.ts. */
  readonly metadata?: KeyMetadataBody;
}

export interface DescribeKeyOptions {
  /** The key's URL. */
  readonly keyId: string;
  /** The keystore's current controller, as it was given. */
  readonly keystoreController: string | readonly string[];
  readonly record: Pick<KeyRecord, 'type' | 'state' | 'publicAlias' | 'publicAliasTemplate' | 'versions'>;
  /** Default: the current one. */
  readonly version?: number | undefined;
  /**
   * The record is stored: where its template gives no URI any more (of a controller that came since, or several), the id is the
   * key's URL, since one key must not keep a keystore's others from being listed. Default: it is refused.
   */
  readonly isStored?: boolean;
}

/**
 * Describes a version of a key. Call it before a new record, or one with another alias, is stored: that is where a bad
 * alias is refused.
 * @throws MalformedRequestError where the record's alias or template does not give an absolute URI.
 * @throws NotFoundError where the key is deleted, or has no such version.
 */
export function describeKey({
  keyId,
  keystoreController,
  record,
  version,
  isStored = false,
}: DescribeKeyOptions): KeyDescription {
  if (record.state === 'deleted') throw new NotFoundError('Key not found.');
  const keyType = findKeyType(record.type);
  const current = currentVersion(record);
  const described = version === undefined ? current : findVersion(record, version);
  const {publicKey, version: keyVersion} = described;
  if (!keyType || publicKey?.length !== keyType.publicKey?.length) {
    throw new InternalError(
      new Error('A stored key is of an unknown type, or its public key is not of its type.'),
    );
  }
  const description = {
    '@context': keyType.context,
    id: described === current ? keyId : `${keyId}?version=${keyVersion}`,
    type: keyType.descriptionType,
    controller: keystoreController,
    ...(keyType.publicKey &&
      publicKey && {[keyType.publicKey.member]: formatPublicKey(keyType.publicKey, publicKey)}),
  };
  return {
    ...description,
    id: isStored ? aliasOrId(record, description) : aliasOf(record, description),
    ...(current.version > 1 && {keyVersion}),
  };
}

function aliasOrId(...[record, description]: Parameters<typeof aliasOf>): string {
  try {
    return aliasOf(record, description);
  } catch (error) {
    if (error instanceof MalformedRequestError) return description.id;
    throw error;
  }
}

function aliasOf(
  record: DescribeKeyOptions['record'],
  description: Omit<KeyDescription, 'keyVersion' | 'metadata'>,
): string {
  const {publicAlias, publicAliasTemplate} = record;
  if (publicAlias !== undefined) return checkPublicAlias(publicAlias);
  if (publicAliasTemplate === undefined) return description.id;
  return expandPublicAliasTemplate(publicAliasTemplate, {...description});
}
