import type {OfferedShare} from '../../sealing/offered-shares.ts';
import type {RootStatus} from '../../sealing/root-status.ts';
import {takeVariable} from '../../config/environment-secrets.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {optionalFlag, optionalText, readParameters} from '../parameters.ts';

/** At most one of them; none: opens what needs nobody. */
export interface UnsealParameters {
  readonly share?: string;
  /** Of roots that ask for one at a terminal. */
  readonly passphrase?: string;
  /** Forgets the shares that were given, and opens nothing. */
  readonly reset?: boolean;
}

export interface Unsealed {
  readonly sealed: boolean;
  /** What became of the share. */
  readonly share?: OfferedShare;
  readonly roots: readonly RootStatus[];
}

/** Takes one share, forgets those that were given, or opens again what needs none. */
export const unseal: AdminOperation<UnsealParameters, Unsealed> = {
  name: 'unseal',
  whileSealed: true,
  parse(value) {
    const parameters = readParameters(value, ['share', 'passphrase', 'reset']);
    const share = optionalText(parameters, 'share', 1024);
    const passphrase = optionalText(parameters, 'passphrase');
    const reset = optionalFlag(parameters, 'reset');
    const given = [share, passphrase, reset ? true : undefined].filter((one) => one !== undefined);
    if (given.length > 1) {
      throw new AdminError(
        'invalid',
        'Give a share or a passphrase, not both, and neither to forget shares.',
      );
    }
    return {
      ...(share !== undefined && {share}),
      ...(passphrase !== undefined && {passphrase}),
      ...(reset && {reset}),
    };
  },
  async run({root}, {share, passphrase, reset}) {
    if (reset === true) {
      root.discardShares();
      return {sealed: root.isSealed(), roots: root.status()};
    }
    if (share !== undefined) {
      const offered = await root.offerShare(share);
      return {sealed: root.isSealed(), share: offered, roots: root.status()};
    }
    await root.unsealStored(
      passphrase === undefined
        ? {}
        : {secretSource: {takeVariable, prompt: async () => Buffer.from(passphrase, 'utf8')}},
    );
    return {sealed: root.isSealed(), roots: root.status()};
  },
};
