import type {FileHandle} from 'node:fs/promises';
import type {AesGcmKey} from '../sealing/aes-gcm-key.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import {assertNotCancelled} from './backup-error.ts';
import type {BackupSealer} from './backup-sealing.ts';
import {CHUNK_BYTES, chunkContext, damaged, readAt, readInto, type Preamble} from './backup-format.ts';

/** What a blob has besides its plaintext and its key's id: aes-gcm-blob.ts. */
const BLOB_OVERHEAD = 2 + 12 + 16;

interface ProgressOptions {
  /** Told after each chunk, in bytes of the source. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ChunkOptions extends ProgressOptions {
  readonly key: AesGcmKey;
  readonly preamble: Preamble;
}

/** Seals `size` bytes of `source`, from its beginning, to where `sink` is. One chunk is in memory at a time. */
export async function sealChunks(
  source: FileHandle,
  sink: FileHandle,
  {
    size,
    sealer,
    onProgress,
    signal,
  }: ProgressOptions & {readonly size: number; readonly sealer: Pick<BackupSealer, 'seal'>},
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, size));
  for (let index = 0; index < chunkCount(size); index++) {
    assertNotCancelled(signal);
    const position = index * CHUNK_BYTES;
    const length = Math.min(CHUNK_BYTES, size - position);
    const piece = await readInto(buffer.subarray(0, length), source, position);
    if (piece.length < length) throw new TypeError('The copy of the database has become shorter.');
    await sink.writeFile(await sealer.seal(piece));
    onProgress?.(position + length, size);
  }
}

/** Seals pieces of which it knows how many there are, in order: each once, and nothing after the last. */
export class ChunkSealer {
  readonly #key: AesGcmKey;
  readonly #preamble: Preamble;
  readonly #bytes: number;
  #index = 0;

  /** @param bytes how many there are of all pieces */
  constructor({
    key,
    preamble,
    bytes,
  }: {
    readonly key: AesGcmKey;
    readonly preamble: Preamble;
    readonly bytes: number;
  }) {
    this.#key = key;
    this.#preamble = preamble;
    this.#bytes = bytes;
  }

  /** @throws TypeError where the piece is not as long as the next one is, or there is none */
  seal(piece: Uint8Array): Uint8Array {
    const index = this.#index;
    const count = chunkCount(this.#bytes);
    const length = Math.min(CHUNK_BYTES, this.#bytes - index * CHUNK_BYTES);
    if (index >= count || piece.length !== length) throw new TypeError('It is not the next piece.');
    this.#index++;
    return this.#key.seal(piece, chunkContext(this.#preamble, {index, last: index === count - 1}));
  }

  close(): void {
    this.#key.close();
  }
}

/** What is empty has a chunk, too. */
const chunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

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
