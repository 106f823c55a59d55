import type {KeyRecord} from '../storage/key-record.ts';
import {countKept} from './key-changes.ts';
import {type KeyDefaults, warningsOf} from './key-defaults.ts';
import {currentVersion, operationsOf} from './key-state.ts';
import type {KeyTypeDescriptor} from './key-types.ts';
import {areNoncesFew, MAX_NONCES} from './nonces.ts';

export interface KeyWarningsOptions {
  readonly record: KeyRecord;
  readonly type: KeyTypeDescriptor;
  /** By version. */
  readonly uses: ReadonlyMap<number, number>;
  readonly defaults: KeyDefaults;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** All that is worth a warning of a key at a moment: sentences for people. */
export function keyWarnings({record, type, uses, defaults, now}: KeyWarningsOptions): readonly string[] {
  return [
    ...warningsOf(record, type, defaults, now),
    ...nonceWarnings(record, type, uses),
    ...surplusWarnings(record),
  ];
}

function nonceWarnings(
  record: KeyRecord,
  type: KeyTypeDescriptor,
  uses: ReadonlyMap<number, number>,
): readonly string[] {
  const {version} = currentVersion(record);
  const used = uses.get(version) ?? 0;
  const takesNonces = type.algorithm === 'AES-256-GCM' && operationsOf(record, type).includes('encrypt');
  if (!takesNonces || !areNoncesFew(used)) return [];
  return [
    `Version ${version} has encrypted ${used} times, and ends at ${MAX_NONCES}: rotate the key, or have it rotated after fewer uses.`,
  ];
}

/** Versions above the most stay where they are protected, too, and go with the next rotation where the policy says so. */
function surplusWarnings({versions, policy = {}}: KeyRecord): readonly string[] {
  const {maxVersions = Infinity, deletionProtection, destroyUsableVersions} = policy;
  const kept = countKept(versions);
  if (kept <= maxVersions || deletionProtection || destroyUsableVersions) return [];
  return [
    `The key keeps ${kept} versions, more than the ${maxVersions} of its policy: a rotation destroys only those below "minDecryptVersion".`,
  ];
}
