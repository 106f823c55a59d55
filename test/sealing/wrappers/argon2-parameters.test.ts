import {expect} from 'chai';
import {
  formatArgon2Parameters,
  newArgon2Parameters,
  parseArgon2Parameters,
  stretch,
} from '../../../lib/sealing/wrappers/argon2-parameters.ts';

const GOOD = {
  kdf: 'argon2id',
  version: 19,
  memoryKiB: 65_536,
  passes: 3,
  parallelism: 1,
  tagLength: 32,
  salt: 'AAECAwQFBgcICQoLDA0ODw',
};

describe('Argon2id parameters', () => {
  it('are 64 MiB, 3 passes, one lane and a salt of their own', () => {
    const [one, two] = [newArgon2Parameters(), newArgon2Parameters()];
    expect(one).to.include({memoryKiB: 65_536, passes: 3, parallelism: 1});
    expect(one.salt).to.have.length(16);
    expect(one.salt).to.not.deep.equal(two.salt);
  });

  it('are stored as JSON, and read again as they were', () => {
    const parameters = newArgon2Parameters();
    expect(parseArgon2Parameters(formatArgon2Parameters(parameters))).to.deep.equal(parameters);
    expect(formatArgon2Parameters({...parameters, salt: Buffer.from(GOOD.salt, 'base64url')})).to.deep.equal(
      JSON.stringify(GOOD),
    );
  });

  it('are refused where they are of another format or beyond bounds', () => {
    const bad: Record<string, unknown>[] = [
      {kdf: 'argon2i'},
      {version: 16},
      {tagLength: 16},
      {memoryKiB: 7},
      {parallelism: 2, memoryKiB: 15},
      {memoryKiB: 1_048_577},
      {memoryKiB: '65536'},
      {passes: 0},
      {passes: 25},
      {passes: 1.5},
      {parallelism: 0},
      {parallelism: 17},
      {salt: 'AAECAwQFBgcICQoLDA0OD'},
      {salt: 'AAECAwQFBgcICQoLDA0OD='},
      {salt: 7},
      {more: 1},
      {salt: undefined},
    ];
    for (const members of bad) {
      expect(parseArgon2Parameters(JSON.stringify({...GOOD, ...members})), JSON.stringify(members)).to.equal(
        undefined,
      );
    }
    for (const text of ['', 'null', '7', '[]', '{}', '{"kdf"']) {
      expect(parseArgon2Parameters(text), text).to.equal(undefined);
    }
    for (const members of [{}, {memoryKiB: 8}, {memoryKiB: 1_048_576}, {passes: 24}, {parallelism: 16}]) {
      expect(parseArgon2Parameters(JSON.stringify({...GOOD, ...members}))).to.include(members);
    }
  });

  it('stretch as the reference implementation does (its test: t=2, m=2^16, p=1)', async () => {
    const salt = Buffer.from('somesalt');
    const key = await stretch(Buffer.from('password'), {memoryKiB: 65_536, passes: 2, parallelism: 1, salt});
    expect(Buffer.from(key).toString('hex')).to.equal(
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    );
  });
});
