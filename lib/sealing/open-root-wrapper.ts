import {findScheme} from './find-scheme.ts';
import type {RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import {openOrCreate} from './seed-root.ts';
import {NO_SECRETS, OpeningSecrets, type SecretSource} from './secrets.ts';
import {ROOT_WRAPPER_SCHEMES} from './wrappers/schemes.ts';

export interface OpenRootWrapperOptions {
  /** What was kept of it (`RootWrapperRecord.parameters`); without, a passphrase cannot be opened. */
  readonly parameters?: string | undefined;
  /** Makes it where it does not exist. */
  readonly create?: boolean;
  /** Where secrets come from that are in no file. */
  readonly secretSource?: SecretSource;
  readonly schemes?: ReadonlyMap<string, RootWrapperScheme>;
}

/**
 * Opens one root wrapper, e.g. `file:/etc/app/root.key`, for `addExternalWrapper` or `fixedRoots`. A set of roots that
 * the store lists is opened by `RootOfTrust`. The caller closes it. @throws RootOfTrustError
 */
export async function openRootWrapper(
  uri: string,
  {
    parameters,
    create = false,
    secretSource = NO_SECRETS,
    schemes = ROOT_WRAPPER_SCHEMES,
  }: OpenRootWrapperOptions = {},
): Promise<RootWrapper> {
  const scheme = findScheme(schemes, uri);
  const secrets = new OpeningSecrets(secretSource);
  const [place, access] = [scheme.normalize(uri), {parameters, secrets}];
  try {
    return create ? (await openOrCreate(scheme, place, access)).wrapper : await scheme.open(place, access);
  } finally {
    secrets.forget();
  }
}
