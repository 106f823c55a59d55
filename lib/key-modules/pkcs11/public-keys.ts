import {InternalError} from '../../errors.ts';
import type {KeyVersion} from '../key-module.ts';
import {OpenedKeyCache} from '../software/opened-key-cache.ts';
import type {PublicOperations} from '../software/software-algorithm.ts';
import type {TokenAlgorithm} from './token-algorithm.ts';

const SIZE = 4096;

/** Stored public keys, ready for use, for what they do by themselves. */
export class PublicKeys {
  readonly #opened = new OpenedKeyCache<PublicOperations>({size: SIZE});

  /** @throws InternalError where the stored public key is none of the algorithm */
  open(
    key: KeyVersion,
    {publicKey: open}: Pick<TokenAlgorithm, 'publicKey'>,
  ): PublicOperations | Promise<PublicOperations> {
    const {publicKey} = key;
    return this.#opened.get(key, {
      evidence: [publicKey],
      weight: 1,
      make: async () => {
        if (!publicKey || !open) throw new InternalError(new Error('There is no public key.'));
        try {
          return await open(publicKey, key.keystoreId);
        } catch (error) {
          throw new InternalError(error);
        }
      },
    });
  }

  clear(): void {
    this.#opened.clear();
  }
}
