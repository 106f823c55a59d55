import {runsWhatItNames} from '../sealing/asking.ts';
import {findScheme} from '../sealing/find-scheme.ts';
import {OfferedShares, readShare} from '../sealing/offered-shares.ts';
import {RootOfTrustError} from '../sealing/root-of-trust-error.ts';
import type {IdentifiedRootWrapper, RootWrapperScheme} from '../sealing/root-wrapper.ts';
import {NO_SECRETS, OpeningSecrets, type SecretSource} from '../sealing/secrets.ts';
import {openAt, type RootOfTrustLog} from '../sealing/stored-root.ts';
import {ROOT_WRAPPER_SCHEMES} from '../sealing/wrappers/schemes.ts';
import {ShamirWrapper} from '../sealing/wrappers/shamir-wrapper.ts';
import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {BackupError} from './backup-error.ts';
import type {BackupHeader} from './backup-header.ts';

/** What a person is asked for who restores a backup. */
export interface ShareRequest {
  /** Roots in shares that open the backup; the shares of any one will do. */
  readonly roots: readonly {readonly id: string; readonly uri: string}[];
  /** How many shares were taken so far, of whichever roots. */
  readonly given: number;
  /** Why the last one was not taken. */
  readonly problem?: string;
}

/** @returns a share as text, or undefined where there are no more. */
export type AskShare = (request: ShareRequest) => Promise<string | undefined>;

export interface BackupRootOptions {
  /** `WEBKMS_ROOT_WRAPPER`: where a root may be now, whatever the backup says. */
  readonly rootWrapper: string;
  readonly schemes?: ReadonlyMap<string, RootWrapperScheme>;
  /** Where secrets come from that are in no file. */
  readonly secretSource?: SecretSource;
  /** Absent: nobody can be asked, and roots in shares do not open. */
  readonly askShare?: AskShare;
  readonly log: RootOfTrustLog;
}

/**
 * Opens one of the roots that a backup names: one that needs nobody, if there is; else by a passphrase that is asked for;
 * else one in shares, asking for these. It makes none. @throws BackupError, `no-root`, which says why each did not open
 */
export async function openBackupRoot(
  header: BackupHeader,
  options: BackupRootOptions,
): Promise<IdentifiedRootWrapper> {
  const scheme = (uri: string): RootWrapperScheme => findScheme(options.schemes ?? ROOT_WRAPPER_SCHEMES, uri);
  const settingUri = scheme(options.rootWrapper).normalize(options.rootWrapper);
  const records = header.roots.map(({id, uri, wrapperKeyId, parameters, createdAt}) => ({
    ...{id, uri, wrapperKeyId, createdAt, state: 'active' as const},
    ...(parameters !== undefined && {parameters}),
  }));
  const failures: string[] = [];
  const secrets = new OpeningSecrets(options.secretSource ?? NO_SECRETS);
  try {
    for (const {record, uri} of placesToTry(records, settingUri)) {
      // Nobody has vouched for what the file says.
      if (uri !== settingUri && runsWhatItNames(uri, scheme)) {
        failures.push(`${uri}: what it names is used only where WEBKMS_ROOT_WRAPPER says so.`);
        continue;
      }
      try {
        const wrapper = await openAt(record, uri, {scheme, secrets});
        if (uri !== settingUri)
          options.log.warn(
            {id: record.id, uri, settingUri},
            'the backup was opened by another root than the setting',
          );
        return {id: record.id, wrapper};
      } catch (error) {
        if (!(error instanceof RootOfTrustError)) throw error;
        failures.push(`${uri}: ${error.message}`);
      }
    }
  } finally {
    secrets.forget();
  }
  const inShares = records.filter(({uri}) => ShamirWrapper.isUri(uri));
  if (inShares.length > 0 && options.askShare) return collectShares(inShares, options.askShare, failures);
  for (const {uri} of inShares) failures.push(`${uri}: it needs shares, and nobody was asked for them.`);
  for (const {uri} of records.filter(isDescriptor)) {
    if (uri !== settingUri) failures.push(`${uri}: it is read only where WEBKMS_ROOT_WRAPPER says so.`);
  }
  throw noRoot(failures);
}

interface Place {
  readonly record: RootWrapperRecord;
  readonly uri: string;
}

/** The setting first: it says where one of the roots is now. Then where they were; a person is asked last. */
function placesToTry(records: readonly RootWrapperRecord[], settingUri: string): readonly Place[] {
  const closed = records.filter(({uri}) => !ShamirWrapper.isUri(uri));
  const named = closed.filter(({uri}) => uri === settingUri);
  const candidates = ShamirWrapper.isUri(settingUri) ? [] : named.length > 0 ? named : closed;
  const elsewhere = closed
    .filter((record) => record.uri !== settingUri && !isDescriptor(record))
    .toSorted((a, b) => Number(isPrompt(a)) - Number(isPrompt(b)));
  return [
    ...candidates.map((record) => ({record, uri: settingUri})),
    ...elsewhere.map((record) => ({record, uri: record.uri})),
  ];
}

/** By that number this process may have something else open by now, which reading it would close. */
function isDescriptor({uri}: RootWrapperRecord): boolean {
  return uri.startsWith('passphrase:fd=');
}

function isPrompt({uri}: RootWrapperRecord): boolean {
  return uri === 'passphrase:prompt';
}

async function collectShares(
  records: readonly RootWrapperRecord[],
  askShare: AskShare,
  failures: readonly string[],
): Promise<IdentifiedRootWrapper> {
  const roots = records.map(({id, uri}) => ({id, uri}));
  const offered = new OfferedShares();
  let problem: string | undefined;
  try {
    for (;;) {
      const given = records.reduce((sum, {id}) => sum + offered.count(id), 0);
      const text = await askShare({roots, given, ...(problem !== undefined && {problem})});
      if (text === undefined) break;
      problem = undefined;
      try {
        const {share, record} = readShare(text, records);
        const wrapper = await offered.add(record, share);
        if (wrapper) return {id: record.id, wrapper};
      } catch (error) {
        if (!(error instanceof RootOfTrustError)) throw error;
        problem = error.message;
      }
    }
  } finally {
    offered.forgetAll();
  }
  const uris = records.map(({uri}) => uri).join(', ');
  throw noRoot([...failures, `${uris}: ${problem ?? 'Too few shares were given.'}`]);
}

function noRoot(failures: readonly string[]): BackupError {
  return new BackupError('no-root', `No root of trust opens the backup. ${failures.join(' ')}`);
}
