import type {KeystoreDeletion} from './keystore-deletion.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {text} from './stored-values.ts';

/** As many at a time; the next call goes on. */
const MOST_DELETIONS = 100;
/** Longer than anybody is at work on an insertion. Where clocks differ by more, who is has to begin again. */
const PLACEHOLDER_LIFETIME_MS = 86_400_000;

/**
 * Finishes deletions of keystores, and forgets placeholders (which a TTL index forgets, too, where the server has them). Entries of
 * writers that died are tidied away by the next write under the same guard.
 */
export async function tidy(connection: MongodbConnection, deletion: KeystoreDeletion): Promise<void> {
  const deleted = await connection.find(
    'keystore',
    {deleting: {$gt: ''}},
    {limit: MOST_DELETIONS, projection: {_id: 1}},
  );
  for (const {_id} of deleted) await deletion.finish(text(_id));
  const old = {placeholderAt: {$lt: new Date(Date.now() - PLACEHOLDER_LIFETIME_MS)}};
  for (const collection of ['keystore', 'key', 'revocation'] as const)
    await connection.removeMany(collection, old);
}
