import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {statSync, writeFileSync} from 'node:fs';
import {expect} from 'chai';
import {runServer} from '../../support/run-server.ts';
import {describeKeyLines} from './key-lines.suite.ts';
import {LAUNCHER, Person, SOMEBODY} from './webkms-command.ts';

describeKeyLines({
  name: 'of a local profile',
  create: async () => {
    const person = await Person.create();
    const out = await person.ok('init', '--local');
    expect(out).to.match(
      /^Profile: default\nDID: did:key:z6Mk\w+\nKeystore: https:\/\/\S+\nBack up: \S+ and \S+\n$/,
    );
    return person;
  },
});

describe('webkms, local: several commands at once', function () {
  this.timeout(60_000);

  it('wait for each other; in a pipeline, only until the first bytes have come', async () => {
    await using person = await Person.create();
    await person.ok('init', '--local');
    await person.ok('create', 'a', '--type', 'aes256');
    // More than a pipe holds: each would wait for the other for ever.
    writeFileSync(person.path('F'), randomBytes(3_000_000));
    const webkms = `'${process.execPath}' '${LAUNCHER}'`;
    const {status, stderr} = spawnSync(
      'bash',
      ['-c', `set -o pipefail; ${webkms} encrypt a --input F | ${webkms} decrypt a --input - | cmp - F`],
      {cwd: person.folder, env: person.environment, encoding: 'utf8', timeout: 50_000},
    );
    expect({status, stderr}).to.deep.equal({status: 0, stderr: ''});
    // Longer than SQLite itself waits for a lock.
    const keys = ['b', 'c', 'd', 'e'];
    await Promise.all(keys.map((key) => person.ok('create', key, '--type', 'rsa4096')));
    for (const key of keys) expect(await person.ok('list')).to.match(new RegExp(`^${key} +rsa4096`, 'm'));
  });

  it('are refused where a server has the directory, at once', async () => {
    await using person = await Person.create();
    const server = await runServer();
    try {
      const {code, out, err} = await person.run(['init', '--local', '--data-dir', server.dataDir]);
      expect({code, out}).to.deep.equal({code: 5, out: ''});
      expect(err).to.contain('webkms init --server URL');
    } finally {
      await server.stop();
    }
  });
});

describe('webkms, local: what needs a server', function () {
  this.timeout(60_000);

  it('is refused, and says so', async () => {
    await using person = await Person.create();
    await person.ok('init', '--local', '--data-dir', 'keys');
    expect(statSync(person.path('keys/webkms.db')).isFile()).to.equal(true);
    await person.ok('create', 'releases', '--type', 'ed25519');
    const capability = JSON.stringify({
      id: 'urn:uuid:1',
      parentCapability: 'urn:zcap:root:https%3A%2F%2Fkms.example',
      invocationTarget: 'https://kms.example',
      proof: {},
    });
    for (const args of [
      ['delegate', 'releases', '--to', SOMEBODY, '--action', 'sign', '--expires', '7d'],
      ['revoke', capability],
      ['revocations'],
      ['transfer', '--to', SOMEBODY],
    ]) {
      const {code, out, err} = await person.run(args);
      expect({code, out}, args[0]).to.deep.equal({code: 4, out: ''});
      expect(err).to.contain('need a server');
    }
  });
});
