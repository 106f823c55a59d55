import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapper, RootWrapperScheme} from './root-wrapper.ts';
import type {OpeningSecrets} from './secrets.ts';
import {openOrCreate} from './seed-root.ts';
import {openAt} from './stored-root.ts';
import {ShamirWrapper} from './wrappers/shamir-wrapper.ts';

/** A root that is to be added, open. */
export interface NewRoot {
  readonly wrapper: RootWrapper;
  /** Whether it was made just now. */
  readonly created: boolean;
  /** Of a root in shares. */
  readonly shares?: readonly string[];
  /** The store's record, where adding it was begun before. */
  readonly listed?: RootWrapperRecord;
}

/** @throws RootOfTrustError, `exists` where the store lists it already, and whatever opening it throws */
export async function openNewRoot(
  scheme: RootWrapperScheme,
  uri: string,
  {records, secrets}: {readonly records: readonly RootWrapperRecord[]; readonly secrets: OpeningSecrets},
): Promise<NewRoot> {
  if (ShamirWrapper.isUri(uri)) return {...(await ShamirWrapper.split(uri)), created: true};
  // With what the store keeps of it, without which a passphrase would make another key.
  const begun = records.find((record) => record.uri === uri && record.state === 'adding');
  if (begun) {
    const wrapper = await openAt(begun, uri, {scheme: () => scheme, secrets});
    return {wrapper, created: false, listed: begun};
  }
  const {wrapper, created} = await openOrCreate(scheme, uri, {secrets});
  const listed = records.find(({wrapperKeyId}) => wrapperKeyId === wrapper.keyId);
  if (!listed) return {wrapper, created};
  if (listed.state === 'adding') return {wrapper, created, listed};
  await wrapper.close();
  const {id, state} = listed;
  throw new RootOfTrustError(
    'exists',
    state === 'active'
      ? `The root of trust ${uri} is in the store already: ${id}. Nothing was changed.`
      : `The root of trust ${uri} is being retired: ${id}. Nothing was changed.`,
  );
}
