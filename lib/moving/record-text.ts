import {encodeBase64url} from '../encoding/base64url.ts';
import {canonicalJson} from '../encoding/canonical-json.ts';
import type {ScopeKeysRecord} from '../storage/key-hierarchy-store.ts';
import type {TransferKind, TransferRecords} from '../storage/store-transfer.ts';

/** Bytes as text, which no text is: it is in an array of one. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return {bytes: encodeBase64url(value)};
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

const by =
  <T>(key: (value: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : 1;

/** What has no order in a store gets one. */
function inOrder({rootKeyVersions, dataKeys, ...scope}: ScopeKeysRecord): ScopeKeysRecord {
  return {
    ...scope,
    rootKeyVersions: rootKeyVersions.map(({sealed, ...version}) => ({
      ...version,
      sealed: sealed.toSorted(by(({rootWrapperId}) => rootWrapperId)),
    })),
    dataKeys: dataKeys.toSorted(by(({purpose}) => purpose)),
  };
}

const ORDERED: {readonly [Kind in TransferKind]?: (record: TransferRecords[Kind]) => TransferRecords[Kind]} =
  {
    scope: inOrder,
    keystore: ({acknowledged, ...rest}) => ({...rest, acknowledged: acknowledged.toSorted()}),
  };

/** One text for each record, and another for each other one, whatever store gave it. */
export function recordText<Kind extends TransferKind>(kind: Kind, record: TransferRecords[Kind]): string {
  const order = ORDERED[kind] as ((record: TransferRecords[Kind]) => TransferRecords[Kind]) | undefined;
  return canonicalJson(plain(order ? order(record) : record));
}
