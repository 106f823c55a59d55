import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {KmsConnectionError} from '../../lib/client/client-errors.ts';
import {IpcChannel} from '../../lib/client/local/ipc-channel.ts';
import {readIpcCredential} from '../../lib/client/local/ipc-credential.ts';
import {IpcKms} from '../../lib/client/local/ipc-kms.ts';
import {OutcomeUnknownError} from '../../lib/errors.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import type {WorkerStatus} from '../../lib/processes/messages.ts';
import {refused} from '../client/refused.ts';
import {populate, type PopulatedKeystore} from '../demonstrations/population.ts';
import {killProcess, WorkersServer} from '../processes/workers-server.ts';
import {admin} from '../support/admin-command.ts';

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);
const DATA = Buffer.from('data');
const ENVIRONMENT = {WEBKMS_IPC: 'on', WEBKMS_LOG_LEVEL: 'info'};

for (const isolation of ['none', 'process']) {
  describe(`IPC of a server with several workers, WEBKMS_ISOLATION=${isolation}`, function () {
    this.timeout(120_000);
    let server: WorkersServer;
    let keystore: PopulatedKeystore;
    let kms: IpcKms;

    beforeEach(async () => {
      const plain = await WorkersServer.start({environment: {...ENVIRONMENT, WEBKMS_WORKERS: '1'}});
      const ca = await readFile(join(plain.dataDir, 'tls.crt'), 'utf8');
      const listening = {baseUrl: plain.url, port: plain.port, ca};
      [keystore] = (await populate(listening, {keystores: 1, keysPerKeystore: 1})) as [PopulatedKeystore];
      plain.child.kill('SIGTERM');
      await plain.exited;
      const credential = join(plain.dir, 'app.json');
      // An isolated server adds nobody while it runs.
      await admin(['ipc', 'add', 'app', '--keystore', keystore.id, '--out', credential], {
        ...{dataDir: plain.dataDir, environment: ENVIRONMENT},
      });
      server = await WorkersServer.start({
        dir: plain.dir,
        environment: {...ENVIRONMENT, WEBKMS_ISOLATION: isolation, WEBKMS_BASE_URL: plain.url},
      });
      kms = await IpcKms.connect({credential, reconnectMs: 20_000});
    });
    afterEach(async () => {
      await kms.destroy();
      await server.remove();
    });

    /** The worker that serves IPC. */
    const leader = async (): Promise<number> => {
      const calls = (): readonly {worker?: number; pid?: number}[] =>
        server.log.filter(({msg}) => msg === 'IPC call');
      const count = calls().length;
      await kms.verify(keystore.keys[0]!, DATA, new Uint8Array(64));
      await server.until(() => calls().length > count);
      return calls().at(-1)?.worker ?? 0;
    };
    const status = async (): Promise<readonly WorkerStatus[]> => {
      const workers = await server.workerStatus().catch(() => []);
      return workers.filter(({state}) => state === 'listening');
    };
    const pidOf = async (worker: number): Promise<number> =>
      (await status()).find(({number}) => number === worker)?.pid ?? 0;
    const keysNow = async (): Promise<number> => {
      let count = 0;
      for await (const {kid} of kms.listKeys()) if (kid) count++;
      return count;
    };

    /** Uses and makes keys until `end` is done. @returns how often what came about */
    const load = async (end: Promise<unknown>) => {
      const counts = {signed: 0, made: 0, unknown: 0};
      const failures: unknown[] = [];
      let isOver = false;
      const over = (): boolean => isOver;
      const sign = async (): Promise<void> => {
        while (!over()) {
          await kms.sign(keystore.keys[0]!, DATA).then(
            () => counts.signed++,
            (error: unknown) => failures.push(error),
          );
        }
      };
      const make = async (): Promise<void> => {
        while (!over()) {
          try {
            await kms.createKey('aes256');
            counts.made++;
          } catch (error) {
            if (error instanceof OutcomeUnknownError) counts.unknown++;
            else failures.push(error);
          }
        }
      };
      const working = Promise.all([sign(), sign(), sign(), sign(), make(), make()]);
      await end.finally(() => (isOver = true));
      await working;
      expect(failures.map(String)).to.deep.equal([]);
      return counts;
    };

    it('goes on where the worker that serves it is killed: nothing fails but changes that may have been made', async () => {
      const before = await keysNow();
      let killed = 0;
      const kill = async (): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          await sleep(300);
          const worker = await leader();
          const pid = await pidOf(worker);
          expect(pid).not.to.equal(0);
          killProcess(pid);
          killed++;
          await server.until(async () => !isRunning(pid) && (await status()).length === 2);
        }
        await sleep(300);
      };
      const {signed, made, unknown} = await load(kill());
      expect(killed).to.equal(3);
      expect(signed).to.be.greaterThan(50);
      // None that was told of is lost, and none was made twice.
      expect((await keysNow()) - before).to.be.within(made, made + unknown);
    });

    it('goes on over a restart of the workers, as if nothing was', async () => {
      const before = await keysNow();
      const restart = async (): Promise<void> => {
        await sleep(200);
        server.child.kill('SIGHUP');
        await server.said('all workers are new');
        await sleep(300);
      };
      const {made, unknown} = await load(restart());
      expect(unknown).to.equal(0);
      expect((await keysNow()) - before).to.equal(made);
      expect(made).to.be.greaterThan(3);
    });

    it('answers what it was asked before it stops', async () => {
      const {name, socket, keystoreId, secret} = await readIpcCredential(join(server.dir, 'app.json'));
      const partner = {name, socket, keystoreId, identity: ipcIdentity(secret), manifest: undefined};
      const channel = await IpcChannel.connect(partner, {reconnectMs: 200});
      const invocationTarget = {type: 'urn:webkms:multikey:RSA-2048'};
      const asked = Promise.allSettled(
        Array.from({length: 4}, () =>
          channel.runOnKeystore({type: 'GenerateKeyOperation', invocationTarget}),
        ),
      );
      await sleep(50);
      server.child.kill('SIGTERM');
      const outcomes = await asked;
      const failures = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [String(outcome.reason)] : [],
      );
      expect(failures).to.deep.equal([]);
      expect(await server.exited).to.deep.equal([0, null]);
      expect(await refused(channel.describeKey(keystore.keys[0]!))).to.be.instanceOf(KmsConnectionError);
      await channel.close();
    });
  });
}
