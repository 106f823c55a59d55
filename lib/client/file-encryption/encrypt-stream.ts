import type {KeyAdministrationKms} from '../kms.ts';
import {ByteReader} from './byte-reader.ts';
import {ChunkCipher, TAG_LENGTH} from './chunk-cipher.ts';
import {EncryptedFileError} from './file-error.ts';
import {
  CHUNK_SIZE,
  encodeFileHeader,
  type FileHeader,
  parseFileHeader,
  parsePrefix,
  PREFIX_LENGTH,
} from './file-header.ts';

/** What the data key is encrypted with besides: it opens as that of a file only. */
const ADDITIONAL_DATA = Buffer.from('webkms file v1');

/**
 * Encrypts a stream of any length with a data key of its own, which the KMS makes and encrypts; the KMS sees nothing of
 * the data. docs/file-format.md has the format.
 * @param kid the key's URL or `name:NAME`; a key that encrypts.
 * @throws what the KMS throws, and what `input` does.
 */
export async function* encryptStream(
  kms: Pick<KeyAdministrationKms, 'getKey' | 'generateDataKey'>,
  kid: string,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const {kid: key} = await kms.getKey(kid);
  const {plaintext: dataKey, ciphertext} = await kms.generateDataKey(key, {
    numberOfBytes: 32,
    additionalData: ADDITIONAL_DATA,
  });
  const header = encodeFileHeader({key, dataKey: ciphertext, chunkSize: CHUNK_SIZE});
  const cipher = new ChunkCipher(dataKey, CHUNK_SIZE);
  dataKey.fill(0);
  yield header;
  const reader = new ByteReader(input);
  try {
    yield* inChunks(reader, CHUNK_SIZE, (chunk, last) => cipher.seal(chunk, last));
  } finally {
    await reader.close();
  }
}

export interface DecryptStreamOptions {
  /** The key's URL or `name:NAME`; default: the one that the file names. */
  readonly kid?: string;
  /** Told what the file says of itself, before anything of it was verified. */
  readonly onHeader?: (header: FileHeader) => void;
}

/**
 * Decrypts what `encryptStream` gave. Each piece that it gives was verified, but that nothing is missing at the end is known
 * only when it ends: whoever takes pieces must throw them away where it throws.
 * @throws EncryptedFileError where the file is none, was changed, or is not whole; what the KMS throws, and what `input` does.
 */
export async function* decryptStream(
  kms: Pick<KeyAdministrationKms, 'decrypt'>,
  input: AsyncIterable<Uint8Array>,
  {kid, onHeader}: DecryptStreamOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(input);
  try {
    const header = await readHeader(reader);
    onHeader?.(header);
    const dataKey = await kms.decrypt(kid ?? header.key, header.dataKey, {additionalData: ADDITIONAL_DATA});
    if (dataKey.length !== 32) throw new EncryptedFileError('The data key of the file is not one.');
    const cipher = new ChunkCipher(dataKey, header.chunkSize);
    dataKey.fill(0);
    let number = 0;
    yield* inChunks(reader, header.chunkSize + TAG_LENGTH, (chunk, last) => {
      const plaintext = cipher.open(chunk, last);
      number++;
      // An empty chunk is that of an empty file: else there would be two ways to write the same one.
      if (plaintext && (plaintext.length > 0 || number === 1)) return [plaintext];
      throw new EncryptedFileError(
        `The encrypted file was changed, damaged or cut off: its part ${number} (${header.chunkSize} bytes each) does not open.`,
      );
    });
  } finally {
    await reader.close();
  }
}

/**
 * Encrypts a file's data key anew, under the newest version of its key; the rest goes through as it is, unread and unverified.
 * @throws as `decryptStream`
 */
export async function* rewrapStream(
  kms: Pick<KeyAdministrationKms, 'rewrap'>,
  input: AsyncIterable<Uint8Array>,
  {kid, onHeader}: DecryptStreamOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(input);
  try {
    const header = await readHeader(reader);
    onHeader?.(header);
    const additionalData = ADDITIONAL_DATA;
    const dataKey = await kms.rewrap(kid ?? header.key, header.dataKey, {additionalData});
    yield encodeFileHeader({...header, dataKey});
    while (!(await reader.isAtEnd())) yield await reader.read(CHUNK_SIZE);
  } finally {
    await reader.close();
  }
}

async function readHeader(reader: ByteReader): Promise<FileHeader> {
  const length = parsePrefix(await reader.read(PREFIX_LENGTH));
  const json = await reader.read(length);
  if (json.length < length) throw new EncryptedFileError('The encrypted file is cut off in its header.');
  return parseFileHeader(json);
}

/**
 * Gives each chunk of `size` bytes to `convert`, with whether it is the last; there is at least one. What comes of it is given on as
 * it is: what lies outside of the heap is collected late, so that each copy of a file's bytes would be tens of megabytes.
 */
async function* inChunks(
  reader: ByteReader,
  size: number,
  convert: (chunk: Buffer, last: boolean) => readonly Buffer[],
): AsyncGenerator<Buffer, void, undefined> {
  for (let last = false; !last;) {
    const chunk = await reader.read(size);
    last = await reader.isAtEnd();
    yield* convert(chunk, last);
  }
}
