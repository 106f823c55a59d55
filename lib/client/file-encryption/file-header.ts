import {parseStrictJson} from '../../encoding/strict-json.ts';
import {EncryptedFileError} from './file-error.ts';

/** The first bytes of every encrypted file: what it is, and the version of its format. */
const MAGIC = Buffer.from('webkms1\n', 'latin1');

/** Bytes before the header: the magic, and the header's length as 32 bits, big-endian. */
export const PREFIX_LENGTH = MAGIC.length + 4;

const MAX_HEADER_LENGTH = 16_384;
/** Bytes of plaintext in each chunk but the last. */
export const CHUNK_SIZE = 65_536;
const MAX_CHUNK_SIZE = 1_048_576;

/** What an encrypted file says of itself, in clear. Where data key or chunk size are changed, nothing opens. */
export interface FileHeader {
  /** The URL of the KMS key: for people, and to find the key by. */
  readonly key: string;
  /** The file's data key, encrypted by that key: `webkms:v<version>:<base64url>`. */
  readonly dataKey: string;
  /** Bytes of plaintext in each chunk but the last. */
  readonly chunkSize: number;
}

/** The prefix, and the header as JSON in UTF-8. */
export function encodeFileHeader({key, dataKey, chunkSize}: FileHeader): Buffer {
  const json = Buffer.from(JSON.stringify({key, dataKey, chunkSize}));
  if (json.length > MAX_HEADER_LENGTH) throw new RangeError('The header of the file would be too long.');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([MAGIC, length, json]);
}

/** @returns how long the header is. @throws EncryptedFileError where these are not the first bytes of an encrypted file */
export function parsePrefix(prefix: Buffer): number {
  if (prefix.length < PREFIX_LENGTH || !prefix.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new EncryptedFileError('This is not a file that webkms has encrypted.');
  }
  const length = prefix.readUInt32BE(MAGIC.length);
  if (length === 0 || length > MAX_HEADER_LENGTH) throw damaged();
  return length;
}

/** @throws EncryptedFileError */
export function parseFileHeader(json: Buffer): FileHeader {
  let value: unknown;
  try {
    value = parseStrictJson(json, {maxDepth: 1});
  } catch (cause) {
    throw new EncryptedFileError('The header of the encrypted file is damaged.', {cause});
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) throw damaged();
  const {key, dataKey, chunkSize} = value as Partial<Record<keyof FileHeader, unknown>>;
  if (typeof key !== 'string' || typeof dataKey !== 'string') throw damaged();
  if (typeof chunkSize !== 'number' || !Number.isInteger(chunkSize)) throw damaged();
  if (chunkSize < 1 || chunkSize > MAX_CHUNK_SIZE) throw damaged();
  return {key, dataKey, chunkSize};
}

function damaged(): EncryptedFileError {
  return new EncryptedFileError('The header of the encrypted file is damaged.');
}
