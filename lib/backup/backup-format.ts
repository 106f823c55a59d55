import {createHash} from 'node:crypto';
import type {FileHandle} from 'node:fs/promises';
import {encodeFields} from '../sealing/encode-fields.ts';
import {BackupError} from './backup-error.ts';
import {encodeHeader, parseHeader, type BackupHeader} from './backup-header.ts';

/**
 * The format of a backup:
 *
 *     `webkms backup 1` LF ‖ length of the header (4 bytes, big-endian) ‖ header (JSON) ‖ chunks
 *
 * The database, cut into pieces of 512 KiB, the last as long as it comes. A chunk is a piece sealed under the backup's
 * own random key (aes-gcm-blob.ts). Its additional data are the backup's id, the SHA-256 of everything before the
 * chunks, its number, and whether it is the last (as in STREAM, Hoang, Reyhanitabar, Rogaway and Vizár 2015). The key
 * is in the header, sealed under each root.
 */
const MAGIC = 'webkms backup ';
const FORMAT = 1;
const PREFIX = Buffer.from(`${MAGIC}${FORMAT}\n`, 'latin1');
const LENGTH_BYTES = 4;
const MAX_HEADER_BYTES = 1024 * 1024;
const DOMAIN = 'webkms backup v1';

export const CHUNK_BYTES = 512 * 1024;

export interface Preamble {
  readonly header: BackupHeader;
  /** SHA-256 of everything before the chunks. */
  readonly digest: Uint8Array;
  /** Where the chunks begin. */
  readonly length: number;
}

/** The additional data of the backup's key, sealed under a root. */
export function keyContext(backupId: string, rootWrapperId: string): Uint8Array {
  return encodeFields([DOMAIN, 'key', backupId, rootWrapperId]);
}

/** The additional data of a chunk. */
export function chunkContext(
  {header, digest}: Pick<Preamble, 'header' | 'digest'>,
  {index, last}: {readonly index: number; readonly last: boolean},
): Uint8Array {
  return encodeFields([DOMAIN, 'chunk', header.id, digest, index, last ? 'last' : 'more']);
}

/** @returns everything before the chunks, and what it says. @throws BackupError where that could not be read again */
export function encodePreamble(header: BackupHeader): {
  readonly bytes: Uint8Array;
  readonly preamble: Preamble;
} {
  const json = encodeHeader(header);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  const bytes = Buffer.concat([PREFIX, length, json]);
  return {bytes, preamble: {header: parseHeader(json), digest: digestOf(bytes), length: bytes.length}};
}

/** @throws BackupError: `not-a-backup`, `newer` or `damaged` */
export async function readPreamble(file: FileHandle): Promise<Preamble> {
  const start = await readAt(file, 0, PREFIX.length + LENGTH_BYTES);
  assertFormat(start);
  if (start.length < PREFIX.length + LENGTH_BYTES) throw damaged();
  const headerBytes = start.readUInt32BE(PREFIX.length);
  if (headerBytes > MAX_HEADER_BYTES) throw damaged();
  const json = await readAt(file, start.length, headerBytes);
  if (json.length < headerBytes) throw damaged();
  const header = parseHeader(json);
  return {header, digest: digestOf(start, json), length: start.length + json.length};
}

/** @returns the bytes from `position` on, fewer than `length` only where the file ends. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  return readInto(Buffer.alloc(length), file, position);
}

/** As `readAt`, as many as the buffer takes. @returns the part of the buffer that has them */
export async function readInto(buffer: Buffer, file: FileHandle, position: number): Promise<Buffer> {
  let read = 0;
  while (read < buffer.length) {
    const {bytesRead} = await file.read(buffer, read, buffer.length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

export function damaged(cause?: unknown): BackupError {
  return new BackupError(
    'damaged',
    'The backup is damaged, cut short or was changed: it is not as it was made.',
    cause === undefined ? undefined : {cause},
  );
}

function assertFormat(start: Buffer): void {
  if (start.subarray(0, PREFIX.length).equals(PREFIX)) return;
  const [, format] = /^webkms backup ([1-9][0-9]{0,3})\n?/.exec(start.toString('latin1')) ?? [];
  if (Number(format) > FORMAT) {
    throw new BackupError(
      'newer',
      `The backup has format ${Number(format)}, and this release knows up to ${FORMAT}. Use the release that made it or a newer one.`,
    );
  }
  throw new BackupError('not-a-backup', 'The file is not a backup that webkms admin backup has made.');
}

function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
