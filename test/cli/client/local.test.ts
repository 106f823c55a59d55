import {statSync} from 'node:fs';
import {expect} from 'chai';
import {describeKeyLines} from './key-lines.suite.ts';
import {Person} from './webkms-command.ts';

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

describe('webkms, local: what needs a server', function () {
  this.timeout(60_000);

  it('is refused, and says so', async () => {
    await using person = await Person.create();
    await person.ok('init', '--local', '--data-dir', 'keys');
    expect(statSync(person.path('keys/webkms.db')).isFile()).to.equal(true);
    await person.ok('create', 'releases', '--type', 'ed25519');
    const capability = '{"id": "urn:uuid:1", "invocationTarget": "https://kms.example"}';
    for (const args of [
      ['delegate', 'releases', '--to', 'did:key:z6Mk', '--action', 'sign', '--expires', '7d'],
      ['revoke', capability],
      ['revocations'],
      ['transfer', '--to', 'did:key:z6Mk'],
    ]) {
      const {code, out, err} = await person.run(args);
      expect({code, out}, args[0]).to.deep.equal({code: 4, out: ''});
      expect(err).to.contain('need a server');
    }
  });
});
