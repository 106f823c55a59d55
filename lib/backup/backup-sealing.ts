/** What a backup needs of keys. Who has them needs no file for it, and who has the files gets no key. */
export interface BackupSealing {
  /** Before the copy is made: roots that come later do not open it. @throws SealedError, UnavailableError */
  begin(): Promise<BackupSealer>;
}

/** Seals one backup, from its beginning to its end. */
export interface BackupSealer {
  /**
   * @param bytes how long the copy of the database is
   * @returns what the file begins with. @throws BackupError, `roots-changed`; UnavailableError
   */
  start(bytes: number): Promise<Uint8Array>;
  /** @param piece the next CHUNK_BYTES of the copy, or what is left of it; used anew afterwards. @returns the chunk */
  seal(piece: Uint8Array): Promise<Uint8Array>;
  /** Forgets the backup's key. */
  close(): Promise<void>;
}
