import {KeystoreSequenceError} from '../../errors.ts';
import {controllersOf} from '../controllers-of.ts';
import type {KeystoreConfig} from '../keystore-config-store.ts';
import type {Authenticated} from '../record-authentication.ts';
import type {ConfigMember, KeystoreDocument, StoredDocument} from './collections.ts';
import type {Place} from './documents.ts';
import {bytes, integer, members, optional, text, texts} from './stored-values.ts';

export const keystorePlace = (id: string): Place => ({collection: 'keystore', _id: id});

export const sequenceError = (): KeystoreSequenceError =>
  new KeystoreSequenceError('The keystore is not in the state that the request replaces.');

/** All that requests need of the document: neither its keys nor who is writing. */
export const CONFIG_PROJECTION = {config: 1} as const;

export function toConfigMember(config: Authenticated<KeystoreConfig>): ConfigMember {
  const {sequence, controller, kmsModule, meterId, ipAllowList, authentication} = config;
  if (authentication.mac.length === 0) throw new TypeError('A MAC is never empty.');
  return {
    sequence,
    controller,
    kmsModule,
    ...(meterId !== undefined && {meterId}),
    ...(ipAllowList !== undefined && {ipAllowList}),
    mac: authentication.mac,
    macKeyVersionId: authentication.dataKeyVersionId,
  };
}

/** undefined where the scope is no keystore's, or not any more. */
export function toKeystoreConfig(document: StoredDocument): Authenticated<KeystoreConfig> | undefined {
  if (document['config'] === undefined) return undefined;
  const config = members(document['config']);
  return {
    id: text(document['_id']),
    sequence: integer(config['sequence']),
    controller: typeof config['controller'] === 'string' ? config['controller'] : texts(config['controller']),
    kmsModule: text(config['kmsModule']),
    ...optional('meterId', config['meterId'], text),
    ...optional('ipAllowList', config['ipAllowList'], texts),
    authentication: {mac: bytes(config['mac']), dataKeyVersionId: text(config['macKeyVersionId'])},
  };
}

/** Who acknowledges a keystore counts it among the own ones; see KeystoreDocument. */
export const toListedFor = (
  config: Pick<KeystoreConfig, 'controller'>,
  acknowledgedBy: readonly string[],
): NonNullable<KeystoreDocument['listedFor']> =>
  [...new Set(controllersOf(config))].map((name) => `${acknowledgedBy.includes(name) ? 0 : 1}${name}`);
