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
import {updateKey} from '../../lib/keys/key-update.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import type {KeyPolicyBody} from '../../schemas/key-policy.ts';
import {generated, NO_DEFAULTS} from './key-records.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';

/** A step of a walk: what is done to a key, and how much later than the one before. */
export interface Step {
  readonly name: string;
  readonly afterMs: number;
  /** A version that there may be. */
  readonly version: number;
  readonly policy: KeyPolicyBody | null;
  readonly windowSeconds: number;
}

/** What is known of a key by counting along, without any of the code that is tested. */
export interface Model {
  stored: 'enabled' | 'disabled' | 'pendingDeletion' | 'deleted';
  before: 'enabled' | 'disabled';
  destroyAt: number;
  versions: ('enabled' | 'disabled' | 'destroyed')[];
  policy: KeyPolicyBody;
}

const kept = ({versions}: Model): number => versions.filter((state) => state !== 'destroyed').length;
const lives = ({stored}: Model): boolean => stored === 'enabled' || stored === 'disabled';
export const isExpired = ({stored, policy}: Model, now: number): boolean =>
  stored === 'enabled' && now >= Date.parse(policy.usageWindow?.notAfter ?? '9999-12-31T23:59:59Z');
const isOld = ({versions}: Model, version: number): boolean => version >= 1 && version < versions.length;
const floor = ({policy}: Model): number => policy.minDecryptVersion ?? 1;

interface Action {
  readonly run: (record: KeyRecord, step: Step, now: number) => KeyRecord;
  /** Changes the model, or says that it cannot be. */
  readonly model: (model: Model, step: Step, now: number) => boolean;
}

export const ACTIONS: Readonly<Record<string, Action>> = {
  rotate: {
    run: (record, _, now) => addVersion(record, generated(AES), now),
    model: (model, _, now) => {
      if (model.stored !== 'enabled' || isExpired(model, now)) return false;
      model.versions.push('enabled');
      const {maxVersions = Infinity, deletionProtection, destroyUsableVersions} = model.policy;
      while (!deletionProtection && kept(model) > maxVersions) {
        const oldest = model.versions.findIndex((state) => state !== 'destroyed');
        if (!destroyUsableVersions && oldest + 1 >= floor(model)) break;
        model.versions[oldest] = 'destroyed';
      }
      return true;
    },
  },
  disable: {
    run: (record, _, now) => disableKey(record, now),
    model: (model) => {
      if (model.stored !== 'enabled') return false;
      model.stored = 'disabled';
      return true;
    },
  },
  enable: {
    run: (record, _, now) => enableKey(record, now),
    model: (model) => {
      if (model.stored !== 'disabled') return false;
      model.stored = 'enabled';
      return true;
    },
  },
  disableVersion: {
    run: (record, {version}, now) => disableVersion(record, version, now),
    model: (model, {version}) => {
      if (!lives(model) || !isOld(model, version)) return false;
      if (model.versions[version - 1] !== 'enabled') return false;
      model.versions[version - 1] = 'disabled';
      return true;
    },
  },
  enableVersion: {
    run: (record, {version}, now) => enableVersion(record, version, now),
    model: (model, {version}) => {
      if (!lives(model) || model.versions[version - 1] !== 'disabled') return false;
      model.versions[version - 1] = 'enabled';
      return true;
    },
  },
  destroyVersion: {
    run: (record, {version}, now) => destroyVersion(record, version, now),
    model: (model, {version}) => {
      if (!lives(model) || !isOld(model, version) || model.policy.deletionProtection) return false;
      const state = model.versions[version - 1];
      if (state === 'destroyed' || (state === 'enabled' && version >= floor(model))) return false;
      if (kept(model) <= (model.policy.minVersions ?? 1)) return false;
      model.versions[version - 1] = 'destroyed';
      return true;
    },
  },
  delete: {
    run: (record, {windowSeconds}, now) =>
      scheduleDeletion(record, {windowSeconds, defaults: NO_DEFAULTS, now}),
    model: (model, {windowSeconds}, now) => {
      if (!lives(model) || model.policy.deletionProtection || windowSeconds < 60) return false;
      if (windowSeconds < (model.policy.minDeletionWindowSeconds ?? 0)) return false;
      model.before = model.stored === 'disabled' ? 'disabled' : 'enabled';
      model.stored = 'pendingDeletion';
      model.destroyAt = now + windowSeconds * 1000;
      return true;
    },
  },
  restore: {
    run: (record, _, now) => restoreKey(record, now),
    model: (model, _, now) => {
      if (model.stored !== 'pendingDeletion' || now >= model.destroyAt) return false;
      model.stored = model.before;
      return true;
    },
  },
  destroy: {
    run: (record, _, now) => destroyKey(record, now),
    model: (model, _, now) => {
      if (model.stored !== 'pendingDeletion' || now < model.destroyAt) return false;
      model.stored = 'deleted';
      model.versions.fill('destroyed');
      model.policy = {};
      return true;
    },
  },
  update: {
    run: (record, {policy}, now) => updateKey(record, {policy}, {defaults: NO_DEFAULTS, now}),
    model: (model, {policy}) => {
      if (!lives(model)) return false;
      if (policy?.exportable && !model.policy.exportable) return false;
      const raised = policy?.minDecryptVersion;
      if (raised !== undefined && (raised < floor(model) || raised > model.versions.length)) return false;
      const minDecryptVersion = raised ?? model.policy.minDecryptVersion;
      model.policy = {...policy, ...(minDecryptVersion !== undefined && {minDecryptVersion})};
      return true;
    },
  },
};
