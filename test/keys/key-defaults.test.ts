import {expect} from 'chai';
import {KeyPolicyError} from '../../lib/errors.ts';
import {applyDefaults, type KeyDefaults, warningsOf} from '../../lib/keys/key-defaults.ts';
import {KEY_TYPES, type KeyType} from '../../lib/keys/key-types.ts';
import type {KeyPolicy, KeyRecord} from '../../lib/storage/key-record.ts';
import {newRecord, NO_DEFAULTS, T0} from './key-records.ts';

const SUGGESTED: KeyDefaults = {
  ...NO_DEFAULTS,
  symmetricRotationSeconds: 90,
  asymmetricRotationSeconds: 365,
};
const ENFORCED: KeyDefaults = {...SUGGESTED, enforced: true};
const AES = KEY_TYPES['urn:webkms:symmetric:AES-256-GCM'];
const ED25519 = KEY_TYPES.Ed25519VerificationKey2020;

describe("the server's defaults, enforced", () => {
  it('give a key a rotation by age that has none', () => {
    expect(applyDefaults(undefined, AES, ENFORCED)).to.deep.equal({rotation: {afterSeconds: 90}});
    expect(applyDefaults(undefined, ED25519, ENFORCED)).to.deep.equal({rotation: {afterSeconds: 365}});
    expect(applyDefaults({rotation: {afterUses: 5}, maxDataBytes: 1}, AES, ENFORCED)).to.deep.equal({
      rotation: {afterUses: 5, afterSeconds: 90},
      maxDataBytes: 1,
    });
  });

  it('let it rotate sooner, and not later', () => {
    const rotation = (afterSeconds: number): KeyPolicy => ({rotation: {afterSeconds}});
    for (const seconds of [1, 90]) {
      expect(applyDefaults(rotation(seconds), AES, ENFORCED)).to.deep.equal(rotation(seconds));
    }
    expect(() => applyDefaults(rotation(91), AES, ENFORCED))
      .to.throw(KeyPolicyError, /after 90 seconds or sooner/)
      .with.deep.property('details', {policy: 'rotation'});
    expect(applyDefaults(rotation(91), ED25519, ENFORCED)).to.deep.equal(rotation(91));
  });

  it('ask for nothing where there are none, or they are suggestions', () => {
    for (const defaults of [SUGGESTED, {...NO_DEFAULTS, enforced: true}]) {
      expect(applyDefaults(undefined, AES, defaults)).to.equal(undefined);
      const policy = {rotation: {afterSeconds: 1000}};
      expect(applyDefaults(policy, AES, defaults)).to.equal(policy);
    }
  });
});

describe("warnings of the server's defaults", () => {
  const warnings = (
    seconds: number,
    {record = newRecord(), defaults = SUGGESTED}: {record?: KeyRecord; defaults?: KeyDefaults} = {},
  ): readonly string[] =>
    warningsOf(record, KEY_TYPES[record.type as KeyType], defaults, T0 + seconds * 1000);

  it('are of keys that are older than is suggested', () => {
    expect(warnings(90)).to.deep.equal([]);
    expect(warnings(91)).to.deep.equal([
      'Version 1 is older than 90 seconds, after which this server suggests to rotate such keys.',
    ]);
    const signing = newRecord({}, ED25519.name);
    expect(warnings(365, {record: signing})).to.deep.equal([]);
    expect(warnings(366, {record: signing})).to.have.length(1);
  });

  it('count in days where they can', () => {
    const defaults = (days: number): KeyDefaults => ({
      ...NO_DEFAULTS,
      symmetricRotationSeconds: days * 86_400,
    });
    expect(warnings(86_401, {defaults: defaults(1)})[0]).to.include('older than 1 day,');
    expect(warnings(91 * 86_400, {defaults: defaults(90)})[0]).to.include('older than 90 days,');
  });

  it('are of keys that were made before it was enforced, too', () => {
    expect(warnings(91, {defaults: ENFORCED})).to.have.length(1);
    expect(warnings(91, {defaults: NO_DEFAULTS})).to.deep.equal([]);
  });

  it('are not of keys that the server rotates as soon', () => {
    const rotated = (afterSeconds: number): KeyRecord => newRecord({policy: {rotation: {afterSeconds}}});
    expect(warnings(91, {record: rotated(90)})).to.deep.equal([]);
    expect(warnings(91, {record: rotated(91)})).to.have.length(1);
    expect(warnings(91, {record: newRecord({policy: {rotation: {afterUses: 1}}})})).to.have.length(1);
  });

  it('are not of keys that are not in use', () => {
    for (const record of [
      {...newRecord(), state: 'disabled' as const},
      newRecord({policy: {usageWindow: {notAfter: T0 + 1}}}),
    ]) {
      expect(warnings(91, {record})).to.deep.equal([]);
    }
  });
});
