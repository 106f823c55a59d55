import {expect} from 'chai';
import {type Document, MongoClient} from 'mongodb';
import type {MongodbOptions} from '../../../lib/storage/mongodb/mongodb-options.ts';
import {MongodbStores} from '../../../lib/storage/mongodb/mongodb-stores.ts';
import {StoreOpenError} from '../../../lib/storage/store-open-error.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {without} from '../records.ts';
import {FakeMongodb, PRIMARY} from './fake-mongodb.ts';

const PASSWORD = 'hunter2%40';
const SECRETS = ['hunter2', 'hunter2@'];

async function expectOpenError(options: MongodbOptions, code: string, says: RegExp): Promise<void> {
  const error: unknown = await MongodbStores.open({timeoutMs: 1500, ...options}).then(
    async (stores) => {
      await stores.close();
      return 'it was opened';
    },
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(StoreOpenError);
  if (!(error instanceof StoreOpenError)) return;
  expect(error.message).to.include('WEBKMS_STORAGE').and.to.match(says);
  expect(error.code).to.equal(code);
  for (const secret of SECRETS) expect(error.message).not.to.include(secret);
}

async function withDatabase(url: string, work: (collection: MongoClient) => Promise<void>): Promise<void> {
  const client = await MongoClient.connect(url);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

describe('opening a store in MongoDB', () => {
  const urls: readonly [flaw: string, url: string, says: RegExp][] = [
    ['of another scheme', `mysql://u:${PASSWORD}@h/db`, /no MongoDB URL/],
    ['without a database', `mongodb://u:${PASSWORD}@h`, /no MongoDB URL/],
    ['with an empty database', `mongodb://u:${PASSWORD}@h/`, /no MongoDB URL/],
    ['with a database of the server', `mongodb://u:${PASSWORD}@h/admin`, /of the server itself/],
    ['with a database that no server takes', `mongodb://u:${PASSWORD}@h/a%20b`, /none that a server takes/],
    ['with a bad percent sign', `mongodb://u:${PASSWORD}@h/a%zz`, /percent sign/],
    ['with an option that is none', `mongodb://u:${PASSWORD}@h/db?${'x'.repeat(3)}=1`, /driver/],
    ['with an option of no such value', `mongodb://u:${PASSWORD}@h/db?tls=maybe`, /driver/],
  ];
  for (const [flaw, url, says] of urls) {
    it(`refuses a URL ${flaw}`, () => expectOpenError({url}, 'ERR_STORE_UNREACHABLE', says));
  }

  it('refuses a password for nobody', () =>
    expectOpenError({url: 'mongodb://h/db', password: 'hunter2@'}, 'ERR_STORE_UNREACHABLE', /no user/));

  it('says which server does not answer', () =>
    expectOpenError(
      {url: `mongodb://u:${PASSWORD}@127.0.0.1:1/db`, timeoutMs: 300},
      'ERR_STORE_UNREACHABLE',
      /127\.0\.0\.1:1,.*ECONNREFUSED/,
    ));

  describe('on a server that says of itself', () => {
    let fake: FakeMongodb;
    beforeEach(async () => {
      fake = await FakeMongodb.start();
    });
    afterEach(() => fake.close());

    const withoutSet = (hello: Document): Document => without(hello, 'setName');
    const greetings: readonly [title: string, hello: Document, code: string, says: RegExp][] = [
      [
        'that it is older than the driver',
        {...PRIMARY, maxWireVersion: 6},
        'ERR_STORE_UNSUPPORTED',
        /too old/,
      ],
      ['that it is older than 6.0', {...PRIMARY, maxWireVersion: 16}, 'ERR_STORE_UNSUPPORTED', /too old/],
      [
        'that it stands alone',
        {...withoutSet(PRIMARY), topologyVersion: {counter: 0}},
        'ERR_STORE_UNSUPPORTED',
        /stands alone.*replica set/,
      ],
      [
        'that it is no primary',
        {...PRIMARY, isWritablePrimary: false, ismaster: false, secondary: true},
        'ERR_STORE_UNREACHABLE',
        /primary/,
      ],
    ];
    for (const [title, hello, code, says] of greetings) {
      it(`${title}: no`, async () => {
        fake.hello = hello;
        await expectOpenError({url: `mongodb://${fake.host}/db`}, code, says);
      });
    }

    const accepted: readonly [title: string, hello: Document, warnings: number][] = [
      ['that it is a primary of 6.0', {...PRIMARY, maxWireVersion: 17}, 0],
      ['that it is a router', {...withoutSet(PRIMARY), msg: 'isdbgrid'}, 0],
      ['nothing of replica sets at all', withoutSet(PRIMARY), 1],
    ];
    for (const [title, hello, count] of accepted) {
      it(`${title}: yes`, async () => {
        fake.hello = hello;
        const warnings: string[] = [];
        const log = {warn: (_: object, message: string) => warnings.push(message), info: () => undefined};
        const stores = await MongodbStores.open({url: `mongodb://${fake.host}/db`, log});
        await stores.close();
        expect(warnings.filter((message) => message.includes('replica sets'))).to.have.lengthOf(count);
      });
    }

    const refusals: readonly [title: string, command: string, error: Document, code: string, says: RegExp][] =
      [
        [
          'the password',
          'saslStart',
          {ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.'},
          'ERR_STORE_CREDENTIALS',
          /authSource/,
        ],
        [
          'reading',
          'find',
          {ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on db'},
          'ERR_STORE_PRIVILEGES',
          /readWrite/,
        ],
        [
          'writing',
          'update',
          {ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on db'},
          'ERR_STORE_PRIVILEGES',
          /readWrite/,
        ],
      ];
    for (const [title, command, error, code, says] of refusals) {
      it(`says so where it refuses ${title}`, async () => {
        fake.answer = (sent) => (command in sent ? error : undefined);
        const user = command === 'saslStart' ? `u:${PASSWORD}@` : '';
        const options = '?authMechanism=SCRAM-SHA-256&authSource=admin';
        await expectOpenError({url: `mongodb://${user}${fake.host}/db${user && options}`}, code, says);
      });
    }

    it('gives the password that is kept elsewhere, in place of the URL’s', async () => {
      fake.answer = (sent) => ('saslStart' in sent ? {ok: 0, code: 18, errmsg: 'no'} : undefined);
      const url = `mongodb://user:other@${fake.host}/db?authMechanism=PLAIN&authSource=$external`;
      await expectOpenError({url, password: 'hunter2@'}, 'ERR_STORE_CREDENTIALS', /password/);
      const payload = fake.commands.find((sent) => 'saslStart' in sent)?.['payload'] as {buffer: Uint8Array};
      expect(Buffer.from(payload.buffer).toString()).to.include('hunter2@').and.not.to.include('other');
    });

    it('asks the primary, whatever the URL says', async () => {
      const url = `mongodb://${fake.host}/db?readPreference=secondary`;
      const stores = await MongodbStores.open({url, timeoutMs: 1500});
      await stores.state.read({keystoreId: 'https://kms.example/kms/keystores/z1'});
      await stores.keystores.listIds({limit: 1});
      await stores.close();
      const lastFind = fake.commands.findLast((command) => 'find' in command);
      expect(lastFind).to.have.property('find', 'keystore');
      expect(lastFind).not.to.have.property('$readPreference');
    });

    it('needs no more than to read and to write where the schema is up to date', async () => {
      const stores = await MongodbStores.open({url: `mongodb://${fake.host}/db`});
      await stores.close();
      const names = new Set(fake.commands.map((command) => Object.keys(command)[0]));
      names.delete('endSessions');
      expect([...names].toSorted()).to.deep.equal(['find', 'update']);
    });
  });

  describe('on a database', () => {
    const server = useMongoJavaServer();

    it('of somebody else: leaves it as it is', async () => {
      const url = await server.createDatabase();
      await withDatabase(url, async (client) => {
        await client.db().collection('account').insertOne({name: 'theirs'});
        await expectOpenError({url}, 'ERR_STORE_FOREIGN', /account/);
        const names = await client.db().listCollections().toArray();
        expect(names.map(({name}) => name)).to.deep.equal(['account']);
        await client.db().dropCollection('account');
        // Its very name is ours, and its documents are not.
        await client.db().collection('schema_migration').insertOne({version: 1});
        await expectOpenError({url}, 'ERR_STORE_FOREIGN', /schema_migration/);
        await client.db().dropDatabase();
      });
      await (await MongodbStores.open({url})).close();
      await server.dropDatabase(url);
    });

    it('of a newer release: leaves it as it is', async () => {
      const url = await server.createDatabase();
      await (await MongodbStores.open({url})).close();
      await withDatabase(url, async (client) => {
        const migrations = client.db().collection<{_id: number; name: string}>('schema_migration');
        await migrations.insertOne({_id: 99, name: 'later'});
        await expectOpenError({url}, 'ERR_STORE_NEWER', /schema version 99/);
        await migrations.deleteOne({_id: 99});
      });
      await (await MongodbStores.open({url})).close();
      await server.dropDatabase(url);
    });

    it('that is new: several nodes make it at once', async () => {
      const url = await server.createDatabase();
      const stores = await Promise.all(Array.from({length: 5}, () => MongodbStores.open({url})));
      expect(await stores[4]!.verify()).to.deep.equal([]);
      await Promise.all(stores.map((each) => each.close()));
      await server.dropDatabase(url);
    });

    it('that somebody began to make and did not end: goes on', async () => {
      const url = await server.createDatabase();
      await withDatabase(url, async (client) => {
        await client
          .db()
          .collection<{_id: number; name: string}>('schema_migration')
          .insertOne({_id: 0, name: 'webkms-server'});
        await client.db().createCollection('keystore');
      });
      const stores = await MongodbStores.open({url});
      expect(await stores.verify()).to.deep.equal([]);
      await stores.close();
      await server.dropDatabase(url);
    });
  });
});
