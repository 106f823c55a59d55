import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {request, type Agent} from 'node:https';
import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {isRunning, WorkersServer, type Answer} from './workers-server.ts';

const owner = controller('workers: owner');
const SECRET = Buffer.alloc(32, 7).toString('base64url');

describe('webkms serve with workers', function () {
  // Each starts a server or two, of three processes each.
  this.timeout(180_000);
  let server: WorkersServer;
  afterEach(() => server.remove());

  /** Asks all the time, over kept and new connections, until told to stop. @returns what went wrong, and all answers */
  function hammer(): {stop(): Promise<{failures: unknown[]; answers: Answer[]}>} {
    const failures: unknown[] = [];
    const answers: Answer[] = [];
    let isOver = false;
    const ask = async (agent?: Agent): Promise<void> => {
      while (!isOver) {
        try {
          answers.push(await server.get('/health/live', agent));
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const kept = [
      server.agent({maxSockets: 1}),
      server.agent({maxSockets: 1}),
      server.agent({maxSockets: 1}),
    ];
    const asking = Promise.all([...kept.map((agent) => ask(agent)), ask(), ask()]);
    return {
      stop: async () => {
        isOver = true;
        await asking;
        return {failures, answers};
      },
    };
  }

  it('answers by all of them, on one port, and says everything once', async () => {
    server = await WorkersServer.start({
      environment: {WEBKMS_ROOT_WRAPPER: 'env:WEBKMS_ROOT_KEY', WEBKMS_ROOT_KEY: SECRET},
    });
    const answering = new Set<number>();
    while (answering.size < 2) answering.add(await server.workerOf(await server.get('/health/ready')));
    expect([...answering].sort()).to.deep.equal([1, 2]);
    for (const text of ['listening on', 'root of trust:', 'data directory:', 'metrics on'])
      expect(server.out.split(text), text).to.have.lengthOf(2);
    expect(server.workers).to.have.lengthOf(2);

    const all = spawnSync('ps', ['-o', 'args=', '-p', [server.pid, ...server.workers].join(',')]);
    expect(String(all.stdout).trim().split('\n').sort()).to.deep.equal([
      'webkms primary',
      'webkms worker 1',
      'webkms worker 2',
    ]);
    expect(server.out + server.err + String(all.stdout)).not.to.include(SECRET);
    const {out} = await server.admin(['status']);
    expect(out).to.match(/1: process \d+, listening, not sealed\n {2}2: process \d+, listening, not sealed/);

    const kms = await server.clients().createKey(owner);
    await kms.kms.sign({keyId: kms.keyId, data: Buffer.from('data'), invocationSigner: owner.signer});
    server.child.kill('SIGTERM');
    expect(await server.exited).to.deep.equal([0, null]);
    expect(server.log.filter(({msg}) => msg === 'stopped')).to.have.lengthOf(3);
  });

  it('honours in each of them at once what was revoked by way of another', async () => {
    server = await WorkersServer.start();
    const agents = new Map<number, Agent>();
    while (agents.size < 2) {
      const agent = server.agent({maxSockets: 1});
      agents.set(await server.workerOf(await server.get('/health/live', agent)), agent);
    }
    const [one, other] = [...agents.values()].map((agent) => server.clients(agent));
    const guest = controller('workers: guest');
    for (let round = 0; round < 10; round++) {
      const key = await one!.createKey(owner);
      const capability = await one!.zcap(owner).delegate({
        capability: `urn:zcap:root:${encodeURIComponent(key.keystoreId)}`,
        invocationTarget: key.keyId,
        controller: guest.did,
      });
      const sign = (clients: typeof one) =>
        clients!.kms().sign({
          keyId: key.keyId,
          data: Buffer.from('data'),
          capability,
          invocationSigner: guest.signer,
        });
      await sign(one);
      await sign(other);
      await key.kms.revokeCapability({capabilityToRevoke: capability, invocationSigner: owner.signer});
      for (const clients of [other, one]) {
        const status: unknown = await sign(clients).then(
          () => 200,
          (error: unknown) => (error as {status?: number}).status,
        );
        expect(status).to.equal(403);
      }
    }
    for (const [number, agent] of agents)
      expect(await server.workerOf(await server.get('/health/live', agent))).to.equal(number);
  });

  it('replaces one that was killed; only its connections break, and what was counted stays', async () => {
    server = await WorkersServer.start();
    const kept = server.agent({maxSockets: 1});
    const survivor = await server.workerOf(await server.get('/health/live', kept));
    const load = hammer();
    await server.until(
      async () => (await server.metric('webkms_requests_total{route="live",status="200"}')) > 50,
    );
    const before = await server.metric('webkms_requests_total{route="live",status="200"}');
    const victim = (await server.workerStatus()).find(({number}) => number !== survivor);
    process.kill(victim!.pid, 'SIGKILL');
    await server.said('a worker listens');
    const {failures, answers} = await load.stop();
    // Of five clients at most as many as were connected to it, each once.
    expect(failures.length).to.be.lessThanOrEqual(5);
    expect(answers.every(({status: code}) => code === 200)).to.be.true;
    expect(await server.workerOf(await server.get('/health/live', kept))).to.equal(survivor);
    expect(await server.metric('webkms_requests_total{route="live",status="200"}')).to.be.greaterThanOrEqual(
      before,
    );
    expect(await server.metric('webkms_worker_ends_total{reason="crashed"}')).to.equal(1);
    expect(await server.metric('webkms_workers{state="listening"}')).to.equal(2);
    expect(server.workers).to.have.lengthOf(2);
    expect((await server.get('/health/ready')).status).to.equal(200);
    expect((await server.admin(['status'])).status).to.equal(0);
  });

  it('restarts on SIGHUP: all workers are new, and no request has failed', async () => {
    server = await WorkersServer.start();
    const before = new Set(server.workers);
    const idle = server.agent({maxSockets: 1});
    await server.get('/health/live', idle);
    const load = hammer();
    await server.until(
      async () => (await server.metric('webkms_requests_total{route="live",status="200"}')) > 20,
    );
    server.child.kill('SIGHUP');
    await server.said('all workers are new');
    // One that was idle is not cut: an old worker answers on it once more.
    const last = await server.get('/health/live', idle);
    expect(last.status).to.equal(200);
    expect(await server.workerOf(last)).to.be.oneOf([1, 2]);
    expect(await server.workerOf(await server.get('/health/live', idle))).to.be.oneOf([3, 4]);
    const {failures, answers} = await load.stop();
    expect(failures).to.deep.equal([]);
    expect(answers.every(({status}) => status === 200)).to.be.true;
    expect(server.workers.filter((pid) => !before.has(pid))).to.have.lengthOf(2);
    await server.until(() => server.workers.every((pid) => !before.has(pid)));
    const counted = await server.metric('webkms_requests_total{route="live",status="200"}');
    expect(counted).to.equal(answers.length + 3);
    expect(await server.metric('webkms_worker_ends_total{reason="told"}')).to.equal(2);
    expect((await server.admin(['status'])).out).to.include('server: running');
  });

  it('lets requests in flight finish on SIGTERM, and ends', async () => {
    server = await WorkersServer.start();
    const agent = server.agent();
    const call = request(`${server.url}/kms/keystores`, {
      method: 'POST',
      agent,
      headers: {'Content-Type': 'application/json', 'Content-Length': 2, Expect: '100-continue'},
    });
    call.flushHeaders();
    call.write('{');
    // Another over the same agent: so the first has arrived.
    await once(call, 'socket');
    await server.get('/health/live', agent);
    server.child.kill('SIGTERM');
    await server.said('draining', 3);
    const answered = once(call, 'response');
    call.end('}');
    const [response] = (await answered) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).to.be.within(400, 499);
    expect(response.headers.connection).to.equal('close');
    expect(await server.exited).to.deep.equal([0, null]);
  });

  it('stops at once by a second signal', async () => {
    server = await WorkersServer.start({
      environment: {WEBKMS_SHUTDOWN_TIMEOUT: '1h', WEBKMS_REQUEST_TIMEOUT: '1h'},
    });
    const call = request(`${server.url}/kms/keystores`, {
      method: 'POST',
      agent: server.agent(),
      headers: {'Content-Type': 'application/json', 'Content-Length': 2},
    });
    call.on('error', () => undefined);
    call.write('{');
    await once(call, 'socket');
    await server.get('/health/live');
    const {workers} = server;
    server.child.kill('SIGTERM');
    await server.said('draining', 3);
    await new Promise((resolve) => setTimeout(resolve, 600));
    server.child.kill('SIGTERM');
    expect(await server.exited).to.deep.equal([143, null]);
    await server.until(() => workers.every((pid) => !isRunning(pid)));
  });

  it('ends where its primary is killed; the next server begins when its workers are gone', async () => {
    server = await WorkersServer.start();
    const {workers} = server;
    process.kill(server.pid, 'SIGKILL');
    const next = await WorkersServer.start({dir: server.dir});
    expect(workers.some(isRunning)).to.be.false;
    expect((await next.get('/health/ready')).status).to.equal(200);
    await next.remove();
  });
});
