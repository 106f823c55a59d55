import {createHash, timingSafeEqual} from 'node:crypto';
import {decodeBase58, encodeBase58} from '../../encoding/base58.ts';
import {Redacted} from '../redacted.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';

/**
 * A share as text, one line: `webkms-share-1-` and base58 of
 *
 *     root (8) ‖ threshold (1) ‖ number (1) ‖ share (32) ‖ checksum (4)
 *
 * The root is the beginning of its fingerprint, the checksum that of SHA-256 over what is before it: so a share of
 * another root, and a mistyped one, are told at once. A forged one is not, but by what it combines to.
 */
const PREFIX = 'webkms-share-1-';
const ROOT_BYTES = 8;
const SHARE_BYTES = 32;
const CHECKSUM_BYTES = 4;
const BODY_BYTES = ROOT_BYTES + 2 + SHARE_BYTES;
const MAX_CHARACTERS = 100;

/** One of the shares of a root's secret; itself a secret. */
export class ShamirShare extends Redacted {
  /** The first 8 bytes of the root's fingerprint, in hexadecimal. */
  readonly root: string;
  readonly threshold: number;
  /** Its place on the polynomial, 1–255. No two shares of a root have the same. */
  readonly number: number;
  readonly #bytes: Uint8Array;

  /** @param bytes 32, which are copied. */
  constructor({root, threshold, number}: ShamirShareName, bytes: Uint8Array) {
    super();
    this.root = root;
    this.threshold = threshold;
    this.number = number;
    this.#bytes = Uint8Array.from(bytes);
  }

  /** Strict: each share has one spelling. @throws RootOfTrustError, `malformed`; it never repeats the text */
  static parse(text: string): ShamirShare {
    const payload = text.startsWith(PREFIX)
      ? decodeBase58(text.slice(PREFIX.length), MAX_CHARACTERS)
      : undefined;
    if (!payload) throw malformed(`is not a share: those begin with ${PREFIX}`);
    const body = Buffer.from(payload.subarray(0, BODY_BYTES));
    const intact =
      payload.length === BODY_BYTES + CHECKSUM_BYTES &&
      checksum(body).equals(payload.subarray(BODY_BYTES)) &&
      PREFIX + encodeBase58(payload) === text;
    payload.fill(0);
    const [threshold = 0, number = 0] = body.subarray(ROOT_BYTES);
    const root = body.toString('hex', 0, ROOT_BYTES);
    const share = new ShamirShare({root, threshold, number}, body.subarray(ROOT_BYTES + 2));
    body.fill(0);
    if (intact && number > 0) return share;
    share.forget();
    throw malformed('is damaged or mistyped: its checksum does not fit');
  }

  /** @returns the share as `combine` of the library takes it: its bytes, then its number. The caller overwrites it. */
  point(): Uint8Array {
    const point = new Uint8Array(SHARE_BYTES + 1);
    point.set(this.#bytes);
    point[SHARE_BYTES] = this.number;
    return point;
  }

  /** For the person who keeps it. */
  format(): string {
    const body = Buffer.concat([
      Buffer.from(this.root, 'hex'),
      Uint8Array.of(this.threshold, this.number),
      this.#bytes,
    ]);
    const payload = Buffer.concat([body, checksum(body)]);
    const text = PREFIX + encodeBase58(payload);
    body.fill(0);
    payload.fill(0);
    return text;
  }

  isSameAs(other: ShamirShare): boolean {
    return this.number === other.number && timingSafeEqual(this.#bytes, other.#bytes);
  }

  forget(): void {
    this.#bytes.fill(0);
  }
}

export interface ShamirShareName {
  readonly root: string;
  readonly threshold: number;
  readonly number: number;
}

/** @returns how shares name the root whose key id (16 bytes as base64url) this is. */
export function rootOfShares(keyId: string): string {
  return Buffer.from(keyId, 'base64url').toString('hex', 0, ROOT_BYTES);
}

function checksum(body: Uint8Array): Buffer {
  return createHash('sha256').update(PREFIX).update(body).digest().subarray(0, CHECKSUM_BYTES);
}

function malformed(problem: string): RootOfTrustError {
  return new RootOfTrustError('malformed', `What was given ${problem}. Nothing was changed.`);
}
