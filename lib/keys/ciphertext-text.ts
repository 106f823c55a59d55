import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';

/** Encrypted bytes, and the version of the key that encrypted them. */
export interface VersionedCiphertext {
  /** From 1. */
  readonly version: number;
  readonly bytes: Uint8Array;
}

const TEXT = /^webkms:v([1-9][0-9]{0,8}):([A-Za-z0-9_-]+)$/;

/** `webkms:v<version>:<unpadded base64url>`. */
export function formatCiphertext(version: number, bytes: Uint8Array): string {
  return `webkms:v${version}:${encodeBase64url(bytes)}`;
}

/** Strictly: there is one text for each version and bytes. @returns undefined where `text` is anything else. */
export function parseCiphertext(text: string): VersionedCiphertext | undefined {
  const match = TEXT.exec(text);
  const bytes = decodeBase64url(match?.[2] ?? '');
  return match && bytes ? {version: Number(match[1]), bytes} : undefined;
}
