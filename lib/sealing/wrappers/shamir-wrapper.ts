import {randomBytes} from 'node:crypto';
import {combine, split} from 'shamir-secret-sharing';
import {KEY_BYTES} from '../aes-gcm-key.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import {withSecret} from '../secrets.ts';
import {fingerprint, LocalRootWrapper} from './local-root-wrapper.ts';
import {rootOfShares, ShamirShare} from './shamir-share.ts';

const MAX_SHARES = 16;

/** How many shares there are, and how many of them open. */
export interface ShamirNumbers {
  readonly threshold: number;
  readonly shares: number;
}

/**
 * The root of trust `shamir:<k>-of-<n>`: n people have a share each, any k of them open. The secret is nowhere; of two
 * roots with the same numbers the URIs are the same, and the fingerprints tell them apart.
 */
export class ShamirWrapper extends LocalRootWrapper {
  private constructor(uri: string, secret: Uint8Array) {
    super(uri, 'shamir', secret);
  }

  static isUri(uri: string): boolean {
    return uri.startsWith('shamir:');
  }

  /** @throws RootOfTrustError, `bad-setting` */
  static parse(uri: string): ShamirNumbers {
    const [, threshold, shares] = /^shamir:([1-9][0-9]?)-of-([1-9][0-9]?)$/.exec(uri)?.map(Number) ?? [];
    const fits = threshold !== undefined && shares !== undefined && threshold >= 2 && threshold <= shares;
    if (fits && shares <= MAX_SHARES) return {threshold, shares};
    throw new RootOfTrustError(
      'bad-setting',
      `The root of trust must be shamir:<k>-of-<n>, e.g. shamir:2-of-3: at least 2 shares open, at most ${MAX_SHARES} are made`,
    );
  }

  /** @throws RootOfTrustError, `bad-setting` */
  static normalize(uri: string): string {
    ShamirWrapper.parse(uri);
    return uri;
  }

  /** @throws RootOfTrustError, always: `shares-needed` */
  static async open(uri: string): Promise<never> {
    const {threshold, shares} = ShamirWrapper.parse(uri);
    throw new RootOfTrustError(
      'shares-needed',
      `The root of trust ${uri} needs ${threshold} of its ${shares} shares. Give them to: webkms admin unseal`,
    );
  }

  static adopt(uri: string, {secret}: {readonly secret: Uint8Array}): ShamirWrapper {
    return new ShamirWrapper(ShamirWrapper.normalize(uri), secret);
  }

  /** @throws RootOfTrustError, always: whoever makes one must take its shares, see `split` */
  static async create(uri: string): Promise<never> {
    return ShamirWrapper.open(uri);
  }

  /** Makes a new root. @returns it, open, and its shares, which are nowhere else. */
  static async split(uri: string): Promise<{wrapper: ShamirWrapper; shares: readonly string[]}> {
    const {threshold, shares: count} = ShamirWrapper.parse(uri);
    return withSecret(Uint8Array.from(randomBytes(KEY_BYTES)), async (secret) => {
      const wrapper = new ShamirWrapper(uri, secret);
      const points = await split(secret, count, threshold);
      const root = rootOfShares(wrapper.keyId);
      const shares = points.map((point) => {
        const share = new ShamirShare(
          {root, threshold, number: point[KEY_BYTES] ?? 0},
          point.subarray(0, -1),
        );
        point.fill(0);
        return share;
      });
      try {
        // Every share opens: nobody finds out later that one does not.
        for (let i = 0; i < count; i++) {
          const some = Array.from({length: threshold}, (_, j) => shares[(i + j) % count]).filter(
            (s) => s !== undefined,
          );
          const again = await ShamirWrapper.combine(uri, wrapper.keyId, some);
          if (!again) throw new Error('Shares do not combine to the secret that they were made of.');
          await again.close();
        }
        return {wrapper, shares: shares.map((share) => share.format())};
      } finally {
        for (const share of shares) share.forget();
      }
    });
  }

  /**
   * Wrong shares combine to something, like right ones: the fingerprint tells.
   * @returns undefined where the shares are not of the root with this key id.
   */
  static async combine(
    uri: string,
    keyId: string,
    shares: readonly ShamirShare[],
  ): Promise<ShamirWrapper | undefined> {
    const points = shares.map((share) => share.point());
    try {
      return await withSecret(await combine(points), (secret) =>
        fingerprint('shamir', secret) === keyId ? new ShamirWrapper(uri, secret) : undefined,
      );
    } finally {
      for (const point of points) point.fill(0);
    }
  }

  /** There is nothing to look at: it is open, and opening it again takes people. */
  check(): Promise<void> {
    return Promise.resolve();
  }
}
