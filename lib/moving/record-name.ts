import {encodeBase64url} from '../encoding/base64url.ts';
import {TRANSFER_KINDS, type TransferKind, type TransferRecords} from '../storage/store-transfer.ts';

const NAMES: {readonly [Kind in TransferKind]: (record: TransferRecords[Kind]) => string} = {
  rootWrapper: ({id}) => `root of trust ${id}`,
  scope: ({scope}) => `the keys of scope ${scope}`,
  sealer: ({rootWrapperId}) => `the sealer of root of trust ${rootWrapperId}`,
  keystore: ({config}) => `keystore ${config.id}`,
  key: ({record}) => `key ${record.localKeyId} of keystore ${record.keystoreId}`,
  revocation: ({revocation: {keystoreId, delegator, capabilityId}}) =>
    `the revocation of ${capabilityId} of ${delegator} in keystore ${keystoreId}`,
  replay: ({digest}) => `the digest ${encodeBase64url(digest)} of a request`,
  job: ({id}) => `job ${id}`,
};

/** What people call kinds of records, as many. */
export const KIND_NAMES: Readonly<Record<TransferKind, string>> = {
  rootWrapper: 'roots of trust',
  scope: 'key hierarchies',
  sealer: 'sealers',
  keystore: 'keystores',
  key: 'keys',
  revocation: 'revocations',
  replay: 'replay memory',
  job: 'jobs',
};

/** How many of each kind, for people. */
export function nameCounts(counts: Readonly<Record<TransferKind, number>>): string {
  return TRANSFER_KINDS.map((kind) => `${KIND_NAMES[kind]}: ${counts[kind]}`).join(', ');
}

/** One record, for people; no other has the name. */
export function nameRecord<Kind extends TransferKind>(kind: Kind, record: TransferRecords[Kind]): string {
  return NAMES[kind](record);
}
