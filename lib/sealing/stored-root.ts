import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpeningSecrets} from './secrets.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

export interface RootOfTrustLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** What only somebody with write access to the store can have done; by `warn` where it is absent. */
  error?(fields: object, message: string): void;
}

export interface OpenedRoot extends IdentifiedRootWrapper {
  readonly record: RootWrapperRecord;
}

export interface StoredRootOptions {
  /** The setting, normalised, where it may say the new place of a root that has moved. */
  readonly settingUri: string | undefined;
  readonly scheme: (uri: string) => RootWrapperScheme;
  readonly log: RootOfTrustLog;
  readonly secrets: OpeningSecrets;
}

/**
 * Opens what it can of the roots that the store lists, and makes none.
 * @returns for each record's id the open root, or why it is not.
 */
export async function openStoredRoots(
  records: readonly RootWrapperRecord[],
  options: StoredRootOptions,
): Promise<ReadonlyMap<string, RootWrapper | RootOfTrustError>> {
  const outcomes = new Map<string, RootWrapper | RootOfTrustError>();
  let {settingUri} = options;
  try {
    for (const record of records) {
      const opening = ShamirWrapper.isUri(record.uri) ? undefined : settingUri;
      const outcome = await openStoredRoot(record, {...options, settingUri: opening}).catch(
        (error: unknown) => {
          if (error instanceof RootOfTrustError) return error;
          throw error;
        },
      );
      outcomes.set(record.id, outcome);
      if (!(outcome instanceof RootOfTrustError) && outcome.uri === settingUri) settingUri = undefined;
    }
  } catch (error) {
    for (const outcome of outcomes.values()) {
      if (!(outcome instanceof RootOfTrustError)) await outcome.close();
    }
    throw error;
  }
  return outcomes;
}

/**
 * Opens a root wrapper that the store lists, and makes none. What counts is its fingerprint: the setting may name a new
 * place of the same key, as operators move data directories; else it is opened where the store says.
 * @throws RootOfTrustError
 */
async function openStoredRoot(record: RootWrapperRecord, options: StoredRootOptions): Promise<RootWrapper> {
  const {settingUri, log} = options;
  if (settingUri === undefined || settingUri === record.uri) return openAt(record, record.uri, options);
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
    // What is not there was not what the store was sealed with.
    notTheSetting =
      error.reason === 'missing' && error.cause instanceof RootOfTrustError ? error.cause : error;
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

/** Opens a root wrapper that the store lists at this place. @throws RootOfTrustError */
export async function openAt(
  {wrapperKeyId, parameters}: RootWrapperRecord,
  uri: string,
  {scheme: findScheme, secrets}: Pick<StoredRootOptions, 'scheme' | 'secrets'>,
): Promise<RootWrapper> {
  const scheme = findScheme(uri);
  const wrapper = await scheme.open(uri, {parameters, secrets}).catch((error: unknown) => {
    throw error instanceof RootOfTrustError && error.reason === 'missing' ? missing(error) : error;
  });
  if (wrapper.keyId === wrapperKeyId) return wrapper;
  await wrapper.close();
  throw new RootOfTrustError(
    'foreign-key',
    `The root of trust ${uri} is not the one that the store was sealed with. ` +
      (scheme.whenForeign === undefined ? '' : `${scheme.whenForeign} `) +
      'Put the right one there (of a cluster, every node needs the same), or use the store that belongs to this one.',
  );
}

function missing(cause: RootOfTrustError): RootOfTrustError {
  return new RootOfTrustError(
    'missing',
    `${cause.message} The store was sealed with it: restore it from your backup, or say in WEBKMS_ROOT_WRAPPER where it is now. A new one is made for an empty store only.`,
    {cause},
  );
}
