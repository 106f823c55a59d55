import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpeningSecrets} from './secrets.ts';

export interface RootOfTrustLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface StoredRootOptions {
  /** The setting, normalised. */
  readonly settingUri: string;
  readonly scheme: (uri: string) => RootWrapperScheme;
  readonly log: RootOfTrustLog;
  readonly secrets: OpeningSecrets;
}

/**
 * Opens a root wrapper that the store lists, and makes none. What counts is its fingerprint: the setting may name a new
 * place of the same key, as operators move data directories; else it is opened where the store says.
 * @throws RootOfTrustError
 */
export async function openStoredRoot(
  record: RootWrapperRecord,
  options: StoredRootOptions,
): Promise<RootWrapper> {
  const {settingUri, log} = options;
  if (settingUri === record.uri) return openAt(record, record.uri, options);
  let notTheSetting: RootOfTrustError;
  try {
    const wrapper = await openAt(record, settingUri, options);
    log.info(
      {id: record.id, uri: settingUri, storedUri: record.uri},
      'the root of trust has moved: using the place that the setting names',
    );
    return wrapper;
  } catch (error) {
    if (!(error instanceof RootOfTrustError)) throw error;
    notTheSetting = error;
  }
  try {
    const wrapper = await openAt(record, record.uri, options);
    log.warn(
      {id: record.id, uri: record.uri, settingUri, reason: notTheSetting.message},
      'WEBKMS_ROOT_WRAPPER names another root of trust than the store: using the one in the store',
    );
    return wrapper;
  } catch (error) {
    if (!(error instanceof RootOfTrustError)) throw error;
    throw new RootOfTrustError(
      error.reason,
      `${error.message} And the setting does not help: ${notTheSetting.message}`,
      {
        cause: error,
      },
    );
  }
}

async function openAt(
  {wrapperKeyId, parameters}: RootWrapperRecord,
  uri: string,
  {scheme: findScheme, secrets}: StoredRootOptions,
): Promise<RootWrapper> {
  const scheme = findScheme(uri);
  const wrapper = await scheme.open(uri, {parameters, secrets}).catch((error: unknown) => {
    throw error instanceof RootOfTrustError && error.reason === 'missing' ? missing(error) : error;
  });
  if (wrapper.keyId === wrapperKeyId) return wrapper;
  await wrapper.close();
  throw new RootOfTrustError(
    'foreign-key',
    `The root of trust ${uri} (WEBKMS_ROOT_WRAPPER) is not the one that the store was sealed with. ` +
      (scheme.whenForeign === undefined ? '' : `${scheme.whenForeign} `) +
      'Put the right one there (of a cluster, every node needs the same), or use the store that belongs to this one.',
  );
}

function missing(cause: RootOfTrustError): RootOfTrustError {
  return new RootOfTrustError(
    'missing',
    `${cause.message} The store was sealed with it: restore it from your backup. A new one is made for an empty store only.`,
    {cause},
  );
}
