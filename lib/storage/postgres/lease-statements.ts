import {statement} from './statement.ts';

export const ACQUIRE = statement(`INSERT INTO lease (name, holder, expires_at) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE lease.holder = excluded.holder OR lease.expires_at <= $4`);

export const RELEASE = statement('DELETE FROM lease WHERE name = $1 AND holder = $2');
