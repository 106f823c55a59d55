import {MalformedRequestError} from '../../../errors.ts';

/** Bytes that wrapping adds (RFC 3394), and that a key to be wrapped is a multiple of. */
export const WRAPPING_BLOCK = 8;
const MIN_LENGTH = 16;
const MAX_LENGTH = 65_536;

/** Whether so many bytes can be wrapped. */
export function isKeyData(length: number): boolean {
  return length >= MIN_LENGTH && length <= MAX_LENGTH && length % WRAPPING_BLOCK === 0;
}

/** @throws MalformedRequestError where so many bytes cannot be wrapped */
export function assertKeyData(length: number): void {
  if (isKeyData(length)) return;
  throw new MalformedRequestError(
    `A key to be wrapped has ${MIN_LENGTH} to ${MAX_LENGTH} bytes, a multiple of ${WRAPPING_BLOCK} (RFC 3394).`,
  );
}
