import {expect} from 'chai';
import {InternalError, KeyStateError, type KmsError} from '../../lib/errors.ts';
import {
  addVersion,
  destroyKey,
  destroyVersion,
  disableKey,
  disableVersion,
  enableKey,
  enableVersion,
  restoreKey,
  scheduleDeletion,
} from '../../lib/keys/key-changes.ts';
import {
  currentVersion,
  type KeyChange,
  keyState,
  type KeyState,
  keyTypeOf,
  TRANSITIONS,
  type VersionChange,
  VERSION_TRANSITIONS,
  type VersionStatus,
  versionStatus,
} from '../../lib/keys/key-state.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {updateKey} from '../../lib/keys/key-update.ts';
import type {KeyOperation, KeyRecord} from '../../lib/storage/key-record.ts';
import {DAY_MS, generated, newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
/** When changes are tried. */
const NOW = T0 + 10 * DAY_MS;

/** A key with versions 1 (disabled), 2 (enabled) and 3 (current). */
function threeVersions(): KeyRecord {
  let record = newRecord();
  record = addVersion(record, generated(AES), T0);
  record = addVersion(record, generated(AES), T0);
  return disableVersion(record, 1, T0);
}

const withWindow = (usageWindow: {notBefore?: number; notAfter?: number}): KeyRecord => ({
  ...threeVersions(),
  policy: {usageWindow},
});
const deletion = {windowSeconds: 86_400, defaults: NO_DEFAULTS};

/** A key in each state at NOW. */
const IN_STATE: Readonly<Record<KeyState, () => KeyRecord>> = {
  created: () => withWindow({notBefore: NOW + 1}),
  active: () => withWindow({notBefore: NOW, notAfter: NOW + 1}),
  expired: () => withWindow({notAfter: NOW}),
  disabled: () => disableKey(threeVersions(), T0),
  // Not over at NOW.
  pendingDeletion: () => scheduleDeletion(threeVersions(), {...deletion, now: NOW - DAY_MS / 2}),
  deleted: () => {
    const pending = scheduleDeletion(threeVersions(), {...deletion, now: T0});
    return destroyKey(pending, T0 + DAY_MS);
  },
};

const CHANGES: Readonly<Record<KeyChange, (record: KeyRecord) => KeyRecord>> = {
  rotate: (record) => addVersion(record, generated(AES), NOW),
  update: (record) => updateKey(record, {description: 'new'}, {defaults: NO_DEFAULTS, now: NOW}),
  disable: (record) => disableKey(record, NOW),
  enable: (record) => enableKey(record, NOW),
  delete: (record) => scheduleDeletion(record, {...deletion, now: NOW}),
  restore: (record) => restoreKey(record, NOW),
  // When it is time, where there is such a time.
  destroy: (record) => destroyKey(record, record.deletion?.destroyAt ?? NOW),
  disableVersion: (record) => disableVersion(record, 2, NOW),
  enableVersion: (record) => enableVersion(record, 1, NOW),
  destroyVersion: (record) => destroyVersion(record, 1, NOW),
};

const REFUSED = undefined;
const CHANGE_NAMES = Object.keys(CHANGES) as KeyChange[];
/** What is expected, written out: state × the changes in the order above → the state after it. */
const EXPECTED: Readonly<Record<KeyState, readonly (KeyState | undefined)[]>> = {
  // prettier-ignore
  created: ['created', 'created', 'disabled', REFUSED, 'pendingDeletion', REFUSED, REFUSED, 'created', 'created', 'created'],
  // prettier-ignore
  active: ['active', 'active', 'disabled', REFUSED, 'pendingDeletion', REFUSED, REFUSED, 'active', 'active', 'active'],
  // prettier-ignore
  expired: [REFUSED, 'expired', 'disabled', REFUSED, 'pendingDeletion', REFUSED, REFUSED, 'expired', 'expired', 'expired'],
  // prettier-ignore
  disabled: [REFUSED, 'disabled', REFUSED, 'active', 'pendingDeletion', REFUSED, REFUSED, 'disabled', 'disabled', 'disabled'],
  // prettier-ignore
  pendingDeletion: [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, 'active', 'deleted', REFUSED, REFUSED, REFUSED],
  deleted: CHANGE_NAMES.map(() => REFUSED),
};

function refusal(change: () => unknown): KmsError {
  try {
    change();
  } catch (error) {
    return error as KmsError;
  }
  throw new Error('It was not refused.');
}

describe('states of keys', () => {
  for (const state of Object.keys(IN_STATE) as KeyState[]) {
    it(`${state} is what it is called`, () => {
      expect(keyState(IN_STATE[state](), NOW)).to.equal(state);
    });

    CHANGE_NAMES.forEach((change, i) => {
      const expected = EXPECTED[state][i];
      it(`${state}: ${change} ${expected === REFUSED ? 'is refused' : `makes it ${expected}`}`, () => {
        const record = IN_STATE[state]();
        if (expected !== REFUSED) {
          const next = CHANGES[change](record);
          expect(keyState(next, NOW)).to.equal(expected);
          expect(next.sequence).to.equal(record.sequence + 1);
          return;
        }
        const error = refusal(() => CHANGES[change](record));
        expect(error).to.be.instanceOf(KeyStateError);
        expect([error.status, error.name]).to.deep.equal([409, 'InvalidStateError']);
        const possible = CHANGE_NAMES.filter((other, j) => EXPECTED[state][j] && other !== 'destroy');
        expect(error.details?.['state']).to.equal(state);
        expect(error.details?.['possible']).to.have.members(possible);
      });
    });
  }

  it('have no transitions but those', () => {
    expect(Object.keys(TRANSITIONS)).to.have.members(Object.keys(EXPECTED));
    for (const [state, changes] of Object.entries(TRANSITIONS)) {
      const expected = CHANGE_NAMES.filter((_, i) => EXPECTED[state as KeyState][i]);
      expect(Object.keys(changes), state).to.have.members(expected);
    }
  });
});

/** A version of each status: version 2 of four, of which 4 is current; 4 itself where it is to be active. */
function inStatus(status: VersionStatus): {record: KeyRecord; number: number} {
  const type: Readonly<Partial<Record<VersionStatus, KeyType>>> = {
    'verify-only': 'Ed25519VerificationKey2020',
    'unwrap-only': 'AesKeyWrappingKey2019',
    'derive-only': 'X25519KeyAgreementKey2020',
    'decapsulate-only': 'urn:webkms:multikey:ML-KEM-768',
  };
  const keyType = type[status] ?? AES;
  let record = newRecord({}, keyType);
  for (let version = 2; version <= 4; version += 1) record = addVersion(record, generated(keyType), T0);
  if (status === 'active') return {record, number: 4};
  if (status === 'retired') record = {...record, policy: {minDecryptVersion: 3}};
  if (status === 'disabled' || status === 'destroyed') record = disableVersion(record, 2, T0);
  if (status === 'destroyed') record = destroyVersion(record, 2, T0);
  return {record, number: 2};
}

const VERSION_CHANGES: Readonly<Record<VersionChange, (record: KeyRecord, n: number) => KeyRecord>> = {
  disableVersion: (record, n) => disableVersion(record, n, NOW),
  enableVersion: (record, n) => enableVersion(record, n, NOW),
  destroyVersion: (record, n) => destroyVersion(record, n, NOW),
};
const OLDER_ONLY = ['disabled', REFUSED, REFUSED] as const;
/** Status × disable, enable, destroy → the status after it. */
const EXPECTED_OF_VERSIONS: Readonly<Record<VersionStatus, readonly (VersionStatus | undefined)[]>> = {
  active: [REFUSED, REFUSED, REFUSED],
  'decrypt-only': OLDER_ONLY,
  'verify-only': OLDER_ONLY,
  'unwrap-only': OLDER_ONLY,
  'derive-only': OLDER_ONLY,
  'decapsulate-only': OLDER_ONLY,
  retired: ['disabled', REFUSED, 'destroyed'],
  disabled: [REFUSED, 'decrypt-only', 'destroyed'],
  destroyed: [REFUSED, REFUSED, REFUSED],
};

describe('statuses of versions', () => {
  const changes = Object.keys(VERSION_CHANGES) as VersionChange[];
  const statusOf = (record: KeyRecord, number: number): VersionStatus =>
    versionStatus(record, record.versions[number - 1]!);

  for (const status of Object.keys(EXPECTED_OF_VERSIONS) as VersionStatus[]) {
    it(`${status} is what it is called`, () => {
      const {record, number} = inStatus(status);
      expect(statusOf(record, number)).to.equal(status);
      expect(VERSION_TRANSITIONS[status]).to.have.members(
        changes.filter((_, i) => EXPECTED_OF_VERSIONS[status][i]),
      );
    });

    changes.forEach((change, i) => {
      const expected = EXPECTED_OF_VERSIONS[status][i];
      it(`${status}: ${change} ${expected === REFUSED ? 'is refused' : `makes it ${expected}`}`, () => {
        const {record, number} = inStatus(status);
        if (expected !== REFUSED) {
          const next = VERSION_CHANGES[change](record, number);
          expect(statusOf(next, number)).to.equal(expected);
          expect(next.sequence).to.equal(record.sequence + 1);
          return;
        }
        const error = refusal(() => VERSION_CHANGES[change](record, number));
        expect(error).to.be.instanceOf(KeyStateError);
        expect(error.details?.['state']).to.equal(status);
        expect(error.details?.['possible']).to.deep.equal(VERSION_TRANSITIONS[status]);
      });
    });
  }

  const older = (type: KeyType, keyOps?: readonly KeyOperation[]): VersionStatus => {
    const record = addVersion(newRecord(keyOps ? {keyOps} : {}, type), generated(type), T0);
    return statusOf(record, 1);
  };

  it('of an RSA key say what its older versions are for', () => {
    const rsa = 'urn:webkms:multikey:RSA-2048';
    expect(older(rsa)).to.equal('decrypt-only');
    expect(older(rsa, ['sign', 'verify'])).to.equal('verify-only');
    expect(older(rsa, ['encrypt', 'decrypt'])).to.equal('decrypt-only');
  });

  it('are retired at once where the key only protects', () => {
    expect(older('Ed25519VerificationKey2020', ['sign'])).to.equal('retired');
    expect(older('Ed25519VerificationKey2020', ['verify'])).to.equal('verify-only');
  });

  it('a floor does not retire what was destroyed or disabled, nor the version at it', () => {
    const {record} = inStatus('destroyed');
    const raised: KeyRecord = {...disableVersion(record, 1, T0), policy: {minDecryptVersion: 3}};
    expect(raised.versions.map((version) => versionStatus(raised, version))).to.deep.equal([
      'disabled',
      'destroyed',
      'decrypt-only',
      'active',
    ]);
  });
});

describe('records that no version of this server wrote', () => {
  it('are a defect, not a state', () => {
    expect(() => keyTypeOf({type: 'constructor'})).to.throw(InternalError);
    expect(() => currentVersion({versions: []})).to.throw(InternalError);
  });
});
