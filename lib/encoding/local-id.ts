import {randomBytes} from 'node:crypto';
import {encodeBase58} from './base58.ts';

/** The identity multihash of 16 bytes: 0x00 (identity), 0x10 (length). */
const PREFIX = Uint8Array.of(0x00, 0x10);

/** Mints the last segment of a keystore's or key's URL: multibase base58btc of 0x00 0x10 ‖ 16 random bytes. */
export function generateLocalId(): string {
  return 'z' + encodeBase58(Buffer.concat([PREFIX, randomBytes(16)]));
}

/** The shape of every id that `generateLocalId` can mint, as the source of a regular expression. */
export const LOCAL_ID_PATTERN = 'z1[1-9A-HJ-NP-Za-km-z]{23}';
