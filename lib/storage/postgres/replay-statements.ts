import {statement} from './statement.ts';

export const INSERT = statement(
  'INSERT INTO replay (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
);

/** What another node is deleting just now is left to it. */
export const DELETE_EXPIRED = statement(`DELETE FROM replay WHERE digest IN
  (SELECT digest FROM replay WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`);
