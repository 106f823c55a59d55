import type {MongodbConnection} from './mongodb-connection.ts';
import {integer} from './stored-values.ts';

/** A number that nobody had before, and higher than all that were given out before. */
export async function nextPosition(
  connection: MongodbConnection,
  counter: 'keystore' | 'scope',
): Promise<number> {
  const change = {$inc: {value: 1}};
  const counted = await connection.findAndUpdate('counter', {_id: counter}, change, {upsert: true});
  return integer(counted?.['value']);
}
