import {join} from 'node:path';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import {KMS_ROUTES} from '../../lib/http/router.ts';
import {generating, OWNER, populate, signing, type PopulatedKeystore} from '../demonstrations/population.ts';
import {askAdmin} from '../support/ask-admin.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {
  RawClient,
  send,
  signedRequest,
  type WireRequest,
  type WireResponse,
} from '../support/signed-request.ts';

const SEALED = {
  type: 'UnavailableError',
  title: 'Service Unavailable',
  status: 503,
  detail: 'The server is sealed.',
  message: 'The server is sealed.',
  name: 'UnavailableError',
};

describe('a sealed server', function () {
  this.timeout(60_000);
  let server: TestServer;
  let keystore: PopulatedKeystore;
  before(async () => {
    server = await runServer({tls: 'off'});
    const [populated] = await populate(server, {keystores: 1, keysPerKeystore: 4});
    if (!populated) throw new Error('Nothing was made.');
    keystore = populated;
  });
  after(() => server.stop());

  const ask = (name: string): Promise<unknown> => askAdmin(server.dataDir, name);
  const get = (target: string): Promise<WireResponse> =>
    send(server, {method: 'GET', target, headers: [['Host', server.host]]});

  let made = 0;
  const creating = (): WireRequest =>
    signedRequest({
      url: `${server.baseUrl}/kms/keystores`,
      action: 'write',
      signer: OWNER,
      json: {sequence: 0, controller: OWNER.did, meterId: `urn:sealed:${made++}`},
    });

  /** A really signed request for each route, which an unsealed server does not answer with 503. */
  const requests = (): Readonly<Record<string, WireRequest>> => {
    const id = keystore.id;
    const key = keystore.keys[0] ?? '';
    const signed = (url: string, action: string, rest: object = {}): WireRequest =>
      signedRequest({url, action, signer: OWNER, ...rest});
    const root = `urn:zcap:root:${encodeURIComponent(`${server.baseUrl}/kms/keystores`)}`;
    return {
      createKeystore: creating(),
      listKeystores: signed(
        `${server.baseUrl}/kms/keystores?controller=${encodeURIComponent(OWNER.did)}`,
        'read',
        {capability: root},
      ),
      getKeystore: signed(id, 'read'),
      updateKeystore: signed(id, 'write', {json: {id, sequence: 1, controller: OWNER.did}}),
      deleteKeystore: signed(id, 'write', {method: 'DELETE'}),
      generateKey: generating(id),
      listKeys: signed(`${id}/keys`, 'read'),
      getKeyDescription: signed(key, 'read'),
      runKeyOperation: signing(key),
      listRevocations: signed(`${id}/zcaps/revocations`, 'read'),
      revokeCapability: signed(`${id}/zcaps/revocations/urn%3Ax`, 'write', {json: {}}),
    };
  };
  const changes = (): unknown => {
    const db = new Database(join(server.dataDir, 'webkms.db'), {readonly: true});
    try {
      const tables = db
        // Which node does the housekeeping is renewed by time, sealed or not.
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'lease'`)
        .pluck()
        .all() as string[];
      return tables.map((table) => [table, db.prepare(`SELECT * FROM "${table}"`).all()]);
    } finally {
      db.close();
    }
  };

  it('answers every route with 503 and the standard body, changes nothing, and works at once when it is unsealed', async () => {
    expect(Object.keys(requests())).to.have.members(KMS_ROUTES.map(({name}) => name));
    for (const [route, request] of Object.entries(requests())) {
      expect((await send(server, request)).status, `${route}, not sealed`).to.be.below(500);
    }
    await ask('seal');
    const before = changes();
    for (const [route, request] of Object.entries(requests())) {
      const {status, json, headers} = await send(server, request);
      expect({status, json}, route).to.deep.equal({status: 503, json: SEALED});
      expect(headers['content-type'], route).to.match(/^application\/problem\+json/);
      const unsigned = await send(server, {
        method: request.method,
        target: request.target,
        headers: [['Host', server.host]],
      });
      expect(unsigned.json, `${route}, unsigned`).to.deep.equal(SEALED);
    }
    expect(changes()).to.deep.equal(before);
    expect(await get('/health/live')).to.include({status: 200});
    const ready = await get('/health/ready');
    expect(ready.status).to.equal(503);
    expect(ready.json).to.deep.include({details: {failed: ['root-of-trust']}});

    await ask('unseal');
    const [key = ''] = keystore.keys;
    expect(await send(server, signing(key))).to.include({status: 200});
    expect(await get('/health/ready')).to.include({status: 200});
  });

  it('ends requests that are at work while it is sealed and unsealed with 200 or 503', async () => {
    let isOver = false;
    const statuses = new Map<number, number>();
    const clients = Array.from({length: 8}, () => new RawClient(server));
    const work = clients.map(async (client, index) => {
      while (!isOver) {
        const key = keystore.keys[index % keystore.keys.length] ?? '';
        const request = [creating(), generating(keystore.id)][index] ?? signing(key);
        const {status} = await client.send(request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    for (let round = 0; round < 15; round++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      await ask(round % 2 === 0 ? 'seal' : 'unseal');
    }
    await ask('unseal');
    isOver = true;
    await Promise.all(work);
    for (const client of clients) client.close();
    expect([...statuses.keys()].filter((status) => ![200, 201, 503].includes(status))).to.deep.equal([]);
    for (const status of [200, 503]) expect(statuses.get(status), String(status)).to.be.greaterThan(5);
    expect(await send(server, signing(keystore.keys[0] ?? ''))).to.include({status: 200});
  });
});
