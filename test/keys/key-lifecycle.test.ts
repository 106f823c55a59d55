import {expect} from 'chai';
import fc from 'fast-check';
import {KeyPolicyError, KeyStateError, NotFoundError} from '../../lib/errors.ts';
import {nextDueAt} from '../../lib/keys/key-policy.ts';
import {keyState, versionStatus} from '../../lib/keys/key-state.ts';
import {updateKey} from '../../lib/keys/key-update.ts';
import {processableVersions} from '../../lib/keys/key-use-rules.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyPolicyBody} from '../../schemas/key-policy.ts';
import {ACTIONS, isExpired, type Model, type Step} from './key-model.ts';
import {newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const HOUR_MS = 3_600_000;
const later = (milliseconds: number): string => new Date(T0 + milliseconds).toISOString();

/** Policies that do not contradict themselves; versions that there may be. */
const policies: fc.Arbitrary<KeyPolicyBody> = fc
  .record(
    {
      exportable: fc.boolean(),
      deletionProtection: fc.boolean(),
      minDeletionWindowSeconds: fc.constantFrom(1, 3600),
      minVersions: fc.integer({min: 1, max: 2}),
      maxVersions: fc.integer({min: 2, max: 4}),
      destroyUsableVersions: fc.boolean(),
      minDecryptVersion: fc.integer({min: 1, max: 5}),
      rotation: fc.constantFrom({afterSeconds: 3600}, {afterUses: 5}, {afterSeconds: 86_400, afterUses: 5}),
      usageWindow: fc.constantFrom(
        {notBefore: later(2 * HOUR_MS)},
        {notAfter: later(20 * HOUR_MS)},
        {notBefore: later(HOUR_MS), notAfter: later(10 * HOUR_MS)},
      ),
    },
    {requiredKeys: []},
  )
  .map(({destroyUsableVersions, ...policy}) => ({
    ...policy,
    ...(destroyUsableVersions === true && policy.maxVersions !== undefined && {destroyUsableVersions}),
  }));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    name: fc.oneof({weight: 2, arbitrary: fc.constant('rotate')}, fc.constantFrom(...Object.keys(ACTIONS))),
    afterMs: fc.constantFrom(0, 1, HOUR_MS, 5 * HOUR_MS),
    version: fc.integer({min: 0, max: 4}),
    policy: fc.option(policies),
    windowSeconds: fc.constantFrom(59, 60, 3600, 7200),
  }),
  {minLength: 10, maxLength: 60, size: 'max'},
);

/** What holds of every record. */
function assertSound(record: KeyRecord): void {
  expect(record.versions.map(({version}) => version)).to.deep.equal(
    record.versions.map((_, i) => i + 1),
    'numbers',
  );
  for (const version of record.versions) {
    const destroyed = version.state === 'destroyed';
    expect(version.material === undefined, 'material').to.equal(destroyed);
    if (destroyed) expect(version).to.not.have.property('dataKeyVersionId');
  }
  const deleted = record.state === 'deleted';
  const newest = record.versions.at(-1)!;
  expect(newest.state, 'newest').to.equal(deleted ? 'destroyed' : 'enabled');
  expect(record.dueAt, 'dueAt').to.equal(nextDueAt(record));
  expect('dueAt' in record).to.equal(record.dueAt !== undefined);
  const pending = record.state === 'pendingDeletion';
  expect(record.deletion !== undefined).to.equal(pending || deleted);
  if (pending) expect(record.dueAt).to.equal(record.deletion?.destroyAt);
  if (deleted) {
    for (const member of ['tags', 'description', 'policy', 'dueAt', 'publicAlias']) {
      expect(record).to.not.have.property(member);
    }
  }
  expect(processableVersions(record).map(({version}) => version)).to.deep.equal(
    record.versions
      .filter((version) => version.state === 'enabled')
      .map(({version}) => version)
      .filter((version) => version === newest.version || version >= (record.policy?.minDecryptVersion ?? 1))
      .reverse(),
  );
}

/** What holds from each record to the next. */
function assertFollows(previous: KeyRecord, next: KeyRecord, now: number): void {
  expect(next.sequence).to.equal(previous.sequence + 1);
  expect(next.updatedAt).to.equal(now);
  for (const member of ['keystoreId', 'localKeyId', 'type', 'createdAt', 'origin'] as const) {
    expect(next[member], member).to.equal(previous[member]);
  }
  expect(next.versions.length).to.be.at.least(previous.versions.length);
  previous.versions.forEach((version, i) => {
    const after = next.versions[i]!;
    expect([after.version, after.createdAt]).to.deep.equal([version.version, version.createdAt]);
    if (version.state === 'destroyed') expect(after.state).to.equal('destroyed');
    if (after.state !== 'destroyed') expect(after.material).to.equal(version.material);
  });
  if (next.state === 'deleted') return;
  expect(next.policy?.minDecryptVersion ?? 1).to.be.at.least(previous.policy?.minDecryptVersion ?? 1);
  if (!previous.policy?.exportable) expect(next.policy?.exportable ?? false).to.equal(false);
}

describe('the life of a key', () => {
  it('goes as the table and the policy have it, whatever is asked in whatever order', function () {
    this.timeout(60_000);
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.option(policies, {nil: undefined}), steps, (policy, walk) => {
        const sane = policy && {...policy, minDecryptVersion: 1};
        const model: Model = {
          stored: 'enabled',
          before: 'enabled',
          destroyAt: 0,
          versions: ['enabled'],
          policy: {},
        };
        let record = newRecord();
        if (sane) {
          // The first update of a key that was made exportable leaves it so.
          record = {...record, policy: {exportable: true}};
          record = updateKey(record, {policy: sane}, {defaults: NO_DEFAULTS, now: T0});
          model.policy = sane;
        }
        assertSound(record);
        let now = T0;
        for (const step of walk) {
          now += step.afterMs;
          const {run, model: follow} = ACTIONS[step.name]!;
          const frozen = deepFreeze(record);
          let next: KeyRecord | undefined;
          try {
            next = run(frozen, step, now);
          } catch (error) {
            if (!isRefusal(error)) throw error;
          }
          const expected = follow(model, step, now);
          expect(next !== undefined, `${step.name} at ${now - T0}`).to.equal(expected);
          seen.add(`${step.name} ${expected}`);
          if (!next) continue;
          assertSound(next);
          assertFollows(record, next, now);
          expect(next.state).to.equal(model.stored);
          expect(next.versions.map(({state}) => state)).to.deep.equal(model.versions);
          expect(keyState(next, now) === 'expired').to.equal(isExpired(model, now));
          expect(versionStatus(next, next.versions.at(-1)!)).to.equal(
            model.stored === 'deleted' ? 'destroyed' : 'active',
          );
          record = next;
        }
      }),
      {numRuns: 300},
    );
    // A walk that never gets anywhere shows nothing.
    for (const name of Object.keys(ACTIONS)) {
      expect([...seen], name).to.include.members([`${name} true`, `${name} false`]);
    }
  });
});

/** What is wrong with what is asked, not with the code. */
function isRefusal(error: unknown): boolean {
  if (error instanceof KeyStateError || error instanceof KeyPolicyError) return true;
  if (error instanceof NotFoundError) return true;
  return error instanceof Error && error.message.includes('must not be more than the current version');
}

function deepFreeze(record: KeyRecord): KeyRecord {
  record.versions.forEach((version) => Object.freeze(version));
  Object.freeze(record.versions);
  return Object.freeze(record);
}
