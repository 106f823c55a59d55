/** The encrypted file is not one, is damaged, or ends too early. The message says what to think of it. */
export class EncryptedFileError extends Error {
  override readonly name = 'EncryptedFileError';
  readonly code = 'ERR_ENCRYPTED_FILE';
}
