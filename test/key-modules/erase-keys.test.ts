import {expect} from 'chai';
import {eraseDestroyed, forgetDisabled} from '../../lib/key-modules/erase-keys.ts';
import type {KeyModule, KeyVersionId} from '../../lib/key-modules/key-module.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';

const version = (number: number, state: 'enabled' | 'disabled' = 'enabled') =>
  ({version: number, createdAt: 0, state, material: Buffer.of(number), dataKeyVersionId: 'dkv_1'}) as const;

const record: KeyRecord = {
  keystoreId: 'https://localhost:9443/kms/keystores/z1',
  localKeyId: 'z2',
  type: 'Ed25519VerificationKey2020',
  sequence: 0,
  createdAt: 0,
  updatedAt: 0,
  origin: 'generated',
  state: 'enabled',
  versions: [version(1), version(2, 'disabled'), version(3)],
};

describe('key modules are told of versions', () => {
  const told = async (work: (module: KeyModule) => unknown): Promise<readonly number[]> => {
    const versions: number[] = [];
    const forget = (key?: KeyVersionId): void => {
      versions.push(key?.version ?? 0);
    };
    await work({forget} as KeyModule);
    return versions;
  };
  const log = {warn: () => undefined};

  it('that are destroyed: they drop what they have open of them', async () => {
    const [first, ...others] = record.versions;
    const destroyed = {version: first!.version, createdAt: 0, state: 'enabled'} as const;
    const after = {...record, versions: [destroyed, ...others]};
    expect(
      await told((module) => eraseDestroyed(record, after, {findModule: () => module, log})),
    ).to.deep.equal([1]);
    expect(
      await told((module) => eraseDestroyed(record, record, {findModule: () => module, log})),
    ).to.deep.equal([]);
  });

  it('that do nothing any more, as they or their key were disabled', async () => {
    expect(await told((module) => forgetDisabled(record, module))).to.deep.equal([2]);
    const disabled = {...record, state: 'disabled'} as const;
    expect(await told((module) => forgetDisabled(disabled, module))).to.deep.equal([1, 2, 3]);
    forgetDisabled(disabled, undefined);
  });
});
