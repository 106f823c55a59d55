import {createHash} from 'node:crypto';

/** Locks of whole databases are named by 64 bits: each kind has a word of its own. @returns a bigint as the server takes it */
const lockName = (kind: string, name: string): string =>
  createHash('sha256').update(`webkms ${kind} ${name}`).digest().readBigInt64BE().toString();

/** Of who creates keystores. Where two have one name, they wait for each other. */
export const creatorLock = (creator: string): string => lockName('creator', creator);

/** Of the schema, while it is brought to a newer version. */
export const SCHEMA_LOCK = lockName('schema', '');

/** Of the mark that a move puts on the store, while it is replaced. */
export const MARK_LOCK = lockName('mark', '');
