import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {IpcChannel} from '../../lib/client/local/ipc-channel.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import {refused} from '../client/refused.ts';
import {freePort} from '../crash/free-port.ts';
import {populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {greet, reach, signedBy} from './greet.ts';
import {addApplication, type IpcApplication} from './ipc-application.ts';
import {SIGN} from './scripted-server.ts';

type Line = Readonly<Record<string, unknown>> & {readonly msg: string};

for (const isolation of ['none', 'process']) {
  describe(`what is told of IPC, with WEBKMS_ISOLATION=${isolation}`, function () {
    this.timeout(60_000);
    let server: TestServer;
    let keystore: PopulatedKeystore;
    let app: IpcApplication;
    let port: number;
    const text: string[] = [];

    before(async () => {
      port = await freePort();
      server = await runServer({
        environment: {
          WEBKMS_IPC: 'on',
          WEBKMS_ISOLATION: isolation,
          WEBKMS_METRICS_LISTEN: `127.0.0.1:${port}`,
        },
        logStream: {write: (line) => void text.push(line)},
      });
      [keystore] = (await populate(server, {keystores: 1, keysPerKeystore: 1})) as [PopulatedKeystore];
      app = await addApplication(server, {
        name: 'billing',
        keystoreId: keystore.id,
        actions: ['sign', 'read'],
      });
    });
    after(async () => {
      await app[Symbol.asyncDispose]();
      await server.stop();
    });
    beforeEach(() => {
      text.length = 0;
    });

    const lines = (msg: string): readonly Line[] =>
      text.map((line) => JSON.parse(line) as Line).filter((line) => line.msg === msg);
    const metric = async (sample: string): Promise<number> => {
      const all = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(
        all
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.slice(sample.length) ?? 0,
      );
    };
    const localId = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

    it('is who did what with which key, and how it ended; nothing of what was given and answered', async () => {
      const [key = ''] = keystore.keys;
      const [done, refusals] = ['action="sign",outcome="done"', 'action="verify",outcome="ipc-client"'];
      const before = {
        done: await metric(`webkms_ipc_calls_total{${done}}`),
        seconds: await metric('webkms_ipc_call_duration_seconds_count{action="sign"}'),
      };
      const kms = await IpcKms.connect({credential: app.credential});
      expect(await metric('webkms_ipc_connections')).to.equal(1);
      const data = randomBytes(40);
      const {signature} = await kms.sign(key, data);
      await refused(kms.verify(key, data, signature));
      await refused(kms.sign(`${key}x`, data));
      await kms.destroy();
      const {name, socket, identity, keystoreId} = app;
      const channel = await IpcChannel.connect({name, socket, identity, keystoreId, manifest: undefined});
      const elsewhere = `${keystore.id}x/keys/z1`;
      await refused(channel.runOnKey(elsewhere, {...SIGN, invocationTarget: elsewhere}));
      await channel.close();

      const who = {client: 'billing', keystore: keystore.id};
      const [signed, verified, missing, foreign, ...others] = lines('IPC call');
      expect(others).to.deep.equal([]);
      const own = {...who, key: localId(key)};
      expect(signed).to.include({...own, level: 'info', action: 'sign', outcome: 'done'});
      expect(signed?.['ms']).to.be.a('number');
      expect(signed).to.have.all.keys(
        'level',
        'time',
        'client',
        'keystore',
        'key',
        'action',
        'outcome',
        'ms',
        'msg',
      );
      expect(verified).to.include({...own, action: 'verify', outcome: 'refused', reason: 'ipc-client'});
      expect(missing).to.include({...who, action: 'sign', outcome: 'refused', code: 'ERR_NOT_FOUND'});
      expect(foreign).to.include({...who, action: 'none', outcome: 'refused', code: 'ERR_NOT_ALLOWED'});
      expect(foreign).not.to.have.property('key');
      const secrets = [data, signature].map((bytes) => Buffer.from(bytes).toString('base64url'));
      for (const secret of secrets) expect(text.join('')).not.to.contain(secret);

      expect(await metric(`webkms_ipc_calls_total{${done}}`)).to.equal(before.done + 1);
      expect(await metric(`webkms_ipc_calls_total{${refusals}}`)).to.equal(1);
      expect(await metric('webkms_ipc_call_duration_seconds_count{action="sign"}')).to.equal(
        before.seconds + 2,
      );
      expect(lines('IPC client connected')[0]).to.include({client: 'billing'});
      while (lines('IPC connection ended').length < 2) await sleep(10);
      expect(lines('IPC connection ended')[0]).to.include({client: 'billing', calls: 3});
      expect(await metric('webkms_ipc_connections')).to.equal(0);
    });

    it('is who could not prove to be who it says', async () => {
      const count = 'webkms_ipc_refusals_total{reason="ipc-proof"}';
      const before = await metric(count);
      const wrong = signedBy({identity: ipcIdentity(randomBytes(32))});
      for (const name of ['billing', 'nobody\nknown'])
        expect((await greet(await reach(app.socket), name, wrong)).word).to.equal('refused');
      while (lines('IPC client refused').length < 2) await sleep(10);
      const [known, unknown] = lines('IPC client refused');
      expect(known).to.include({level: 'warn', client: 'billing', reason: 'ipc-proof'});
      expect(unknown).not.to.have.property('client');
      expect(text.join('')).not.to.contain('nobody');
      expect(await metric(count)).to.equal(before + 2);
    });
  });
}
