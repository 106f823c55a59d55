import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {randomId} from './random-id.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets, type SecretSource} from './secrets.ts';
import {openStoredRoot, type RootOfTrustLog} from './stored-root.ts';
import {ROOT_WRAPPER_SCHEMES} from './wrappers/schemes.ts';

export interface RootOfTrustOptions {
  readonly store: KeyHierarchyStore;
  /** `WEBKMS_ROOT_WRAPPER`: seeds an empty store; afterwards the store's set rules. */
  readonly seedUri: string;
  readonly log: RootOfTrustLog;
  /** Where secrets come from that are in no file; each is asked for at most once, here only. */
  readonly secretSource?: SecretSource;
  readonly schemes?: ReadonlyMap<string, RootWrapperScheme>;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

export interface RootOfTrust {
  /** Every wrapper that the store lists, open; at least one. */
  readonly rootWrappers: readonly IdentifiedRootWrapper[];
  /** Whether a new root was made: the operator must hear of it, and back it up. */
  readonly created: boolean;
  close(): Promise<void>;
}

/**
 * Opens the wrappers that the store lists. Only where it lists none is the setting's wrapper opened, or made where it
 * does not exist, and stored as the first. Safe where several nodes start at once: one wrapper is the first, and a node
 * that cannot open that one does not start.
 * @throws RootOfTrustError, and then nothing was changed; UnavailableError where the store cannot be reached
 */
export async function openRootOfTrust(options: RootOfTrustOptions): Promise<RootOfTrust> {
  const secrets = new OpeningSecrets(options.secretSource ?? NO_SECRETS);
  try {
    return await openWithSecrets(options, secrets);
  } finally {
    secrets.forget();
  }
}

async function openWithSecrets(options: RootOfTrustOptions, secrets: OpeningSecrets): Promise<RootOfTrust> {
  const {store, log, schemes = ROOT_WRAPPER_SCHEMES} = options;
  const scheme = (uri: string): RootWrapperScheme => findScheme(schemes, uri);
  const settingUri = scheme(options.seedUri).normalize(options.seedUri);

  let records = await store.listRootWrappers();
  let created = false;
  if (records.length === 0) {
    created = await seed(options, scheme(settingUri), settingUri, secrets);
    records = await store.listRootWrappers();
  }

  const rootWrappers: IdentifiedRootWrapper[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(rootWrappers.map(({wrapper}) => wrapper.close()));
  };
  try {
    for (const record of records) {
      const wrapper = await openStoredRoot(record, {settingUri, scheme, log, secrets});
      rootWrappers.push({id: record.id, wrapper});
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {rootWrappers, created, close};
}

/** @returns whether a new root was made. */
async function seed(
  {store, log, clock = Date.now}: RootOfTrustOptions,
  scheme: RootWrapperScheme,
  uri: string,
  secrets: OpeningSecrets,
): Promise<boolean> {
  const {wrapper, created} = await openOrCreate(scheme, uri, secrets);
  if (created)
    log.warn({uri}, 'made a new root key: back it up, without it nothing in the store can be opened');
  const record: RootWrapperRecord = {
    id: randomId('rw'),
    uri,
    wrapperKeyId: wrapper.keyId,
    ...(wrapper.parameters !== undefined && {parameters: wrapper.parameters}),
    createdAt: clock(),
  };
  await wrapper.close();
  const first = await store.insertFirstRootWrapper(record);
  if (!first) log.info({uri}, 'another node has stored the first root wrapper');
  return created;
}

async function openOrCreate(
  scheme: RootWrapperScheme,
  uri: string,
  secrets: OpeningSecrets,
): Promise<{wrapper: RootWrapper; created: boolean}> {
  try {
    return {wrapper: await scheme.open(uri, {secrets}), created: false};
  } catch (error) {
    if (!hasReason(error, 'missing')) throw error;
  }
  try {
    return {wrapper: await scheme.create(uri, {secrets}), created: true};
  } catch (error) {
    if (!hasReason(error, 'exists')) throw error;
  }
  // Another process has made it in between.
  return {wrapper: await scheme.open(uri, {secrets}), created: false};
}

function hasReason(error: unknown, reason: RootOfTrustError['reason']): boolean {
  return error instanceof RootOfTrustError && error.reason === reason;
}

function findScheme(schemes: ReadonlyMap<string, RootWrapperScheme>, uri: string): RootWrapperScheme {
  const name = /^([a-z][a-z0-9+.-]*):/.exec(uri)?.[1] ?? '';
  const scheme = schemes.get(name);
  if (scheme) return scheme;
  const known = [...schemes.keys()].map((known) => `${known}:`).join(', ');
  // The URI itself is not shown: of a mistyped one nobody knows whether it holds a secret.
  throw new RootOfTrustError('bad-setting', `WEBKMS_ROOT_WRAPPER has an unknown scheme. There is: ${known}`);
}
