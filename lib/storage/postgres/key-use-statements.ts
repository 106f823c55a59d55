import {statement} from './statement.ts';

const KEY = `(SELECT r.position FROM key_record r
  WHERE r.keystore = (SELECT position FROM keystore WHERE id = $1) AND r.local_id = $2)`;

export const ADD = statement(`INSERT INTO key_use (key, version, uses)
    SELECT key, version, $4 FROM key_version WHERE key = ${KEY} AND version = $3
  ON CONFLICT (key, version) DO UPDATE SET uses = key_use.uses + excluded.uses
  RETURNING uses`);

export const FIND = statement(`SELECT version, uses FROM key_use WHERE key = ${KEY}`);
