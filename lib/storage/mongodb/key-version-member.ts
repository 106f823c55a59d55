import {formatCertificates, parseCertificates} from '../key-json.ts';
import type {KeyVersionRecord} from '../key-record.ts';
import type {KeyVersionMember} from './collections.ts';
import {bytes, integer, members, oneOf, optional, text} from './stored-values.ts';

export function toKeyVersionMember(record: KeyVersionRecord): KeyVersionMember {
  const {version, createdAt, state, publicKey, material, dataKeyVersionId} = record;
  const certificates = formatCertificates(record.certificates);
  return {
    version,
    createdAt,
    state,
    ...(publicKey !== undefined && {publicKey}),
    ...(material !== undefined && {material}),
    ...(dataKeyVersionId !== undefined && {dataKeyVersionId}),
    ...(certificates !== null && {certificates}),
  };
}

export function toKeyVersionRecord(value: unknown): KeyVersionRecord {
  const member = members(value);
  return {
    version: integer(member['version']),
    createdAt: integer(member['createdAt']),
    state: oneOf(['enabled', 'disabled', 'destroyed'], member['state']),
    ...optional('publicKey', member['publicKey'], bytes),
    ...optional('material', member['material'], bytes),
    ...optional('dataKeyVersionId', member['dataKeyVersionId'], text),
    ...optional('certificates', member['certificates'], (value) => parseCertificates(text(value))),
  };
}
