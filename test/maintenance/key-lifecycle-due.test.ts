import {expect} from 'chai';
import {nextDueAt} from '../../lib/keys/key-policy.ts';
import {dueWork, isUsedUp} from '../../lib/maintenance/key-lifecycle-due.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {DAY_MS} from './key-lifecycle-fixture.ts';

const MADE = 1_795_000_000_000;
const DUE = MADE + 90 * DAY_MS;
const POLICY = {rotation: {afterSeconds: 90 * 86_400}};

function recordWith(members: Partial<KeyRecord>): KeyRecord {
  const record: KeyRecord = {
    keystoreId: 'https://kms.example/kms/keystores/z1',
    ...{localKeyId: 'z2', sequence: 0, type: 'Sha256HmacKey2019', origin: 'generated', state: 'enabled'},
    ...{createdAt: MADE, updatedAt: MADE},
    versions: [{version: 1, createdAt: MADE, state: 'enabled', material: Uint8Array.of(1)}],
    ...members,
  };
  const dueAt = nextDueAt(record);
  return {...(dueAt !== undefined && {dueAt}), ...record};
}

const deletion = {requestedAt: MADE, destroyAt: DUE, restoresTo: 'enabled'} as const;

describe('what a key is due for', () => {
  const cases: readonly (readonly [string, Partial<KeyRecord>, number, string | undefined])[] = [
    ['nothing, without a policy', {}, DUE, undefined],
    ['rotation, at its time', {policy: POLICY}, DUE, 'rotate'],
    ['nothing, a moment before', {policy: POLICY}, DUE - 1, undefined],
    ['nothing, while it is disabled', {policy: POLICY, state: 'disabled', dueAt: DUE}, DUE, undefined],
    [
      'nothing, before its window opens',
      {policy: {...POLICY, usageWindow: {notBefore: DUE + 5}}},
      DUE + 4,
      undefined,
    ],
    ['rotation, when it opens', {policy: {...POLICY, usageWindow: {notBefore: DUE + 5}}}, DUE + 5, 'rotate'],
    ['rotation, until it closes', {policy: {...POLICY, usageWindow: {notAfter: DUE + 5}}}, DUE + 4, 'rotate'],
    [
      'nothing, after its window has closed',
      {policy: {...POLICY, usageWindow: {notAfter: DUE + 5}}},
      DUE + 5,
      undefined,
    ],
    ['destruction, at its time', {state: 'pendingDeletion', deletion}, DUE, 'destroy'],
    ['nothing, a moment before it', {state: 'pendingDeletion', deletion}, DUE - 1, undefined],
    [
      'nothing, where only the due time says so: destruction',
      {state: 'pendingDeletion', deletion, dueAt: MADE},
      DUE - 1,
      undefined,
    ],
    ['nothing, where only the due time says so: rotation', {policy: POLICY, dueAt: MADE}, DUE - 1, undefined],
    ['nothing, without a due time', {policy: POLICY, dueAt: Infinity}, DUE, undefined],
    ['nothing, when it is deleted', {state: 'deleted', deletion, dueAt: MADE}, DUE, undefined],
  ];
  for (const [title, members, now, expected] of cases) {
    it(title, () => {
      expect(dueWork(recordWith(members), now)).to.equal(expected);
    });
  }

  it('is rotation, once its newest version was used as often as its policy says', () => {
    const policy = {rotation: {afterUses: 10}};
    const used = {version: 1, uses: 10};
    expect(isUsedUp(recordWith({policy}), used, MADE)).to.equal(true);
    expect(isUsedUp(recordWith({policy}), {version: 1, uses: 9}, MADE)).to.equal(false);
    expect(isUsedUp(recordWith({policy}), {version: 2, uses: 10}, MADE)).to.equal(false);
    expect(isUsedUp(recordWith({policy: POLICY}), used, MADE)).to.equal(false);
    for (const state of ['disabled', 'deleted'] as const)
      expect(isUsedUp(recordWith({policy, state}), used, MADE)).to.equal(false);
    const closed = recordWith({policy: {...policy, usageWindow: {notAfter: MADE}}});
    expect(isUsedUp(closed, used, MADE)).to.equal(false);
  });
});
