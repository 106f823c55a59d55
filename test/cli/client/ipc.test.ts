import {copyFile} from 'node:fs/promises';
import {expect} from 'chai';
import {addApplication} from '../../ipc/ipc-application.ts';
import {populate} from '../../demonstrations/population.ts';
import {runServer, type TestServer} from '../../support/run-server.ts';
import {describeKeyLines} from './key-lines.suite.ts';
import {Person} from './webkms-command.ts';

describe('webkms, over the IPC socket', function () {
  this.timeout(120_000);
  let server: TestServer;
  let names = 0;

  before(async () => {
    server = await runServer({environment: {WEBKMS_IPC: 'on'}});
  });
  after(() => server.stop());

  const newPerson = async (): Promise<Person> => {
    const [keystore] = await populate(server, {keystores: 1, keysPerKeystore: 0});
    await using application = await addApplication(server, {
      name: `app-${++names}`,
      keystoreId: keystore!.id,
    });
    const person = await Person.create();
    await copyFile(application.credential, person.path('app.json'));
    expect(await person.ok('init', '--ipc', 'app.json')).to.equal(
      `Profile: default\nDID: ${application.identity.did}\nKeystore: ${keystore!.id}\n`,
    );
    return person;
  };

  describeKeyLines({name: 'of a server on this host', create: newPerson});

  it('refuses what needs a controller, and profiles that would be of no use', async () => {
    await using person = await newPerson();
    await person.ok('create', 'signer', '--type', 'ed25519');
    expect(await person.ok('profiles')).to.match(/ ipc /);
    for (const [code, ...args] of [
      [4, 'revocations'],
      [2, 'init', '--ipc', 'app.json', '--server', server.baseUrl, '--profile', 'b'],
      [2, 'init', '--manifest', 'app.json', '--local', '--profile', 'b'],
      [5, 'init', '--ipc', 'none.json', '--profile', 'b'],
      [4, 'init', '--ipc', 'app.json'],
    ] as const) {
      const outcome = await person.run([...args]);
      expect([outcome.code, outcome.out], `${args.join(' ')}: ${outcome.err}`).to.deep.equal([code, '']);
    }
    expect(await person.ok('profiles')).not.to.match(/^b /m);
  });
});
