import type {FileHandle} from 'node:fs/promises';
import type {AesGcmKey} from '../sealing/aes-gcm-key.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {assertNotCancelled} from './backup-error.ts';
import {CHUNK_BYTES, chunkContext, damaged, readAt, type Preamble} from './backup-format.ts';

/** What a blob has besides its plaintext and its key's id: aes-gcm-blob.ts. */
const BLOB_OVERHEAD = 2 + 12 + 16;

export interface ChunkOptions {
  readonly key: AesGcmKey;
  readonly preamble: Preamble;
  /** Told after each chunk, in bytes of the source. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Seals `source`, from its beginning, to where `sink` is. One chunk is in memory at a time. */
export async function sealChunks(source: FileHandle, sink: FileHandle, options: ChunkOptions): Promise<void> {
  const {key, preamble, onProgress, signal} = options;
  const {size} = await source.stat();
  const count = Math.max(1, Math.ceil(size / CHUNK_BYTES));
  for (let index = 0; index < count; index++) {
    assertNotCancelled(signal);
    const position = index * CHUNK_BYTES;
    const length = Math.min(CHUNK_BYTES, size - position);
    const piece = await readAt(source, position, length);
    if (piece.length < length) throw new TypeError('The copy of the database has become shorter.');
    await sink.writeFile(key.seal(piece, chunkContext(preamble, {index, last: index === count - 1})));
    onProgress?.(position + length, size);
  }
}

/**
 * Opens the chunks of `source` to where `sink` is. What is written is the whole database, and nothing else, where this
 * resolves; until then only its beginning. @throws BackupError, `damaged`
 */
export async function openChunks(source: FileHandle, sink: FileHandle, options: ChunkOptions): Promise<void> {
  const {key, preamble, onProgress, signal} = options;
  const {size} = await source.stat();
  const chunkBytes = CHUNK_BYTES + BLOB_OVERHEAD + key.id.length;
  const count = Math.ceil((size - preamble.length) / chunkBytes);
  if (count < 1) throw damaged();
  for (let index = 0; index < count; index++) {
    assertNotCancelled(signal);
    const position = preamble.length + index * chunkBytes;
    const blob = await readAt(source, position, Math.min(chunkBytes, size - position));
    const piece = openChunk(key, blob, chunkContext(preamble, {index, last: index === count - 1}));
    await sink.writeFile(piece);
    onProgress?.(position + blob.length, size);
  }
}

function openChunk(key: AesGcmKey, blob: Uint8Array, context: Uint8Array): Uint8Array {
  try {
    return key.open(blob, context);
  } catch (error) {
    if (error instanceof SealedBlobError) throw damaged(error);
    throw error;
  }
}
