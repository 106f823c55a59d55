import type {KeyPolicyJson} from '../../client/kms.ts';
import {durationUpTo, integer, oneOf, parseDuration, type Parser} from '../../config/parsers.ts';
import {KEY_USES} from '../../keys/key-uses.ts';
import {UsageError} from '../command.ts';
import type {Option} from './client-command.ts';
import type {OptionValues} from './option-values.ts';
import {parseTime} from './option-parsers.ts';

const USES = Object.keys(KEY_USES);
const MAX_USES = 2 ** 32;
const MAX_VERSIONS = 1000;
const MAX_DATA_BYTES = 2 ** 30;

/** What changes a policy. The word `off` takes a bound away. */
export const POLICY_OPTIONS: Readonly<Record<string, Option>> = {
  allow: {
    value: 'OPERATIONS',
    meaning: 'operations that may be done with it, comma-separated; or off: all that it has',
    completion: USES,
  },
  algorithms: {
    value: 'ALGORITHMS',
    meaning: 'algorithms that may be used, e.g. PS256,PS384; or off: all that it has',
  },
  'rotate-every': {
    value: 'DURATION',
    meaning: 'the server makes a new version at that age, e.g. 90d; or off',
  },
  'rotate-after-uses': {value: 'N', meaning: 'the server makes a new version after so many uses; or off'},
  'min-decrypt-version': {
    value: 'N',
    meaning: 'older versions neither decrypt nor verify any more; it is only ever raised',
  },
  'min-versions': {value: 'N', meaning: 'versions that are never destroyed below that number; or off'},
  'max-versions': {
    value: 'N',
    meaning: 'a rotation destroys the oldest versions above that number that are retired; or off',
  },
  'destroy-usable-versions': {
    value: 'on|off',
    meaning: 'whether that destroys versions, too, that still decrypt or verify: what they protect is lost',
    completion: ['on', 'off'],
  },
  exportable: {meaning: 'the key may be exported; only when it is made'},
  'no-exportable': {meaning: 'the key may not be exported (any more, for good)'},
  'deletion-protection': {
    value: 'on|off',
    meaning: 'whether the key, and its versions, are protected from deletion',
    completion: ['on', 'off'],
  },
  'min-recovery-window': {
    value: 'DURATION',
    meaning: 'the shortest time for which a deleted key can be restored; or off',
  },
  'not-before': {
    value: 'TIME',
    meaning: 'nothing is done with the key before, e.g. 2027-01-01T00:00:00Z; or off',
  },
  'not-after': {value: 'TIME', meaning: 'nothing new is protected with the key from then on; or off'},
  'max-data-bytes': {value: 'N', meaning: 'bytes of what one operation is given; or off'},
  rate: {value: 'N/TIME', meaning: 'uses per time, e.g. 100/1m; or off'},
};

/** What is done to each member: undefined keeps it, null takes it away. */
type Changes<T> = {readonly [M in keyof T]?: T[M] | null | undefined};

/** Whether any of the options was given. */
export function changesPolicy(options: OptionValues): boolean {
  return Object.keys(POLICY_OPTIONS).some((name) => options.has(name));
}

/** @returns `previous` with what the options say. @throws UsageError */
export function changedPolicy(previous: KeyPolicyJson, options: OptionValues): KeyPolicyJson {
  return changed(previous, {
    allowedOperations: options.parse('allow', orOff(wordsOf(oneOf(...USES)))),
    allowedAlgorithms: options.parse('algorithms', orOff(wordsOf((word) => word))),
    rotation: changedGroup(previous.rotation, {
      afterSeconds: options.parse('rotate-every', orOff(parseDuration)),
      afterUses: options.parse('rotate-after-uses', orOff(integer(1, MAX_USES))),
    }),
    minDecryptVersion: options.parse('min-decrypt-version', integer(1, MAX_VERSIONS)),
    minVersions: options.parse('min-versions', orOff(integer(1, MAX_VERSIONS))),
    maxVersions: options.parse('max-versions', orOff(integer(1, MAX_VERSIONS))),
    destroyUsableVersions: options.parse('destroy-usable-versions', onOrOff),
    exportable: exportable(options),
    deletionProtection: options.parse('deletion-protection', onOrOff),
    minDeletionWindowSeconds: options.parse('min-recovery-window', orOff(parseDuration)),
    usageWindow: changedGroup(previous.usageWindow, {
      notBefore: options.parse('not-before', orOff(parseTime)),
      notAfter: options.parse('not-after', orOff(parseTime)),
    }),
    maxDataBytes: options.parse('max-data-bytes', orOff(integer(1, MAX_DATA_BYTES))),
    rate: options.parse('rate', orOff(parseUseRate)),
  });
}

function changed<T extends object>(previous: T, changes: Changes<T>): T {
  const given = Object.entries<unknown>(changes).filter(([, value]) => value !== undefined);
  const members = Object.entries<unknown>({...previous, ...Object.fromEntries(given)});
  // Every member of T is optional.
  return Object.fromEntries(members.filter(([, value]) => value !== null)) as T;
}

/** A member with members of its own: with none of them left, it is taken away. */
function changedGroup<T extends object>(previous: T | undefined, changes: Changes<T>): T | null | undefined {
  if (Object.values(changes).every((value) => value === undefined)) return undefined;
  const group = changed<Partial<T>>(previous ?? {}, changes);
  return Object.keys(group).length === 0 ? null : (group as T);
}

function exportable(options: OptionValues): boolean | null | undefined {
  const [yes, no] = [options.flag('exportable'), options.flag('no-exportable')];
  if (yes && no) throw new UsageError('give either --exportable or --no-exportable.');
  if (yes) return true;
  return no ? null : undefined;
}

function orOff<T>(parse: Parser<T>): Parser<T | null> {
  return (text) => (text === 'off' ? null : parse(text));
}

const onOrOff: Parser<true | null> = (text) => (oneOf('on', 'off')(text) === 'on' ? true : null);

function wordsOf<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (text) => [...new Set(text.split(',').map((word) => parse(word.trim())))];
}

function parseUseRate(text: string): {readonly uses: number; readonly perSeconds: number} {
  const [, uses, duration] = /^([1-9][0-9]{0,8})\/([0-9]+[smh])$/.exec(text) ?? [];
  if (uses === undefined || duration === undefined) {
    throw new Error('must be uses per time, such as 100/1s or 1000/1h');
  }
  return {uses: Number(uses), perSeconds: durationUpTo('24h')(duration)};
}
