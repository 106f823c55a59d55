import {ownScope} from './own-scope.ts';
import {check, checkDeletion, rule, type Trigger} from './trigger.ts';

const RECORDS: readonly Trigger[] = [
  rule({
    name: 'key_record_identity',
    table: 'key_record',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.position <> OLD.position OR NEW.keystore <> OLD.keystore OR NEW.local_id <> OLD.local_id
    OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at OR NEW.origin <> OLD.origin
    OR NEW.key_ops IS DISTINCT FROM OLD.key_ops`,
      'key_record: its identity, type, origin and operations are immutable',
    ]),
  }),
  rule({
    name: 'key_record_deleted',
    table: 'key_record',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check(
      [`OLD.state = 'deleted' AND NEW.state <> 'deleted'`, 'key_record: what is deleted stays so'],
      [
        `NEW.state = 'deleted' AND OLD.state <> 'deleted'
    AND EXISTS (SELECT 1 FROM key_version WHERE key = OLD.position AND state <> 'destroyed')`,
        'key_record: the material of its versions goes before it is deleted',
      ],
    ),
  }),
  ownScope({
    table: 'key_record',
    column: 'mac_key_version',
    scope: '(SELECT id FROM keystore WHERE position = NEW.keystore)',
  }),
];

const VERSIONS: readonly Trigger[] = [
  rule({
    name: 'key_version_next',
    table: 'key_version',
    at: 'BEFORE ROW',
    events: ['INSERT'],
    body: check(
      [
        'NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM key_version WHERE key = NEW.key)',
        'key_version: versions count from 1 without a gap',
      ],
      [
        `NEW.state <> 'destroyed' AND (SELECT state FROM key_record WHERE position = NEW.key) = 'deleted'`,
        'key_version: the key is deleted',
      ],
    ),
  }),
  rule({
    name: 'key_version_kept',
    table: 'key_version',
    at: 'BEFORE ROW',
    events: ['DELETE'],
    body: checkDeletion([
      'EXISTS (SELECT 1 FROM key_record WHERE position = OLD.key)',
      'key_version: a version is kept while its key is there',
    ]),
  }),
  rule({
    name: 'key_version_identity',
    table: 'key_version',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `NEW.key <> OLD.key OR NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
    OR NEW.public_key IS DISTINCT FROM OLD.public_key`,
      'key_version: key, version, created_at and public_key are immutable',
    ]),
  }),
  rule({
    name: 'key_version_destroyed_stays',
    table: 'key_version',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      `OLD.state = 'destroyed' AND NEW.state <> 'destroyed'`,
      'key_version: what is destroyed stays so',
    ]),
  }),
  ownScope({
    table: 'key_version',
    column: 'data_key_version',
    scope:
      '(SELECT k.id FROM key_record r JOIN keystore k ON k.position = r.keystore WHERE r.position = NEW.key)',
  }),
];

const USES: readonly Trigger[] = [
  rule({
    name: 'key_use_grows',
    table: 'key_use',
    at: 'BEFORE ROW',
    events: ['UPDATE'],
    body: check([
      'NEW.key <> OLD.key OR NEW.version <> OLD.version OR NEW.uses < OLD.uses',
      'key_use: uses only grow',
    ]),
  }),
];

export const KEY_RULES: readonly Trigger[] = [...RECORDS, ...VERSIONS, ...USES];
