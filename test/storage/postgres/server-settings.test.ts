import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {OutcomeUnknownError} from '../../../lib/errors.ts';
import type {StoreLog} from '../../../lib/storage/network-store-options.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {StoreOpenError} from '../../../lib/storage/store-open-error.ts';
import {needPostgres, PostgresServer} from '../../support/postgres-server.ts';
import {testCertificate} from '../../support/test-certificate.ts';
import {insertKeystore, next} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';

describe('PostgreSQL servers that are set up otherwise', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let url: string;
  let directory: string;

  before(async function () {
    needPostgres(this);
    directory = await mkdtemp(join(tmpdir(), 'webkms-postgres-tls-'));
    // Good for the name, and not for the address.
    const tls = await testCertificate(['localhost']);
    await writeFile(join(directory, 'ca.pem'), tls.cert);
    await writeFile(join(directory, 'other.pem'), (await testCertificate()).cert);
    server = await PostgresServer.start({tls});
    url = await server.createDatabase();
  });
  after(async () => {
    await server.stop();
    await rm(directory, {recursive: true, force: true});
  });

  const open = async (host: string, options: string, log?: StoreLog): Promise<void> => {
    const given = new URL(url);
    given.hostname = host;
    given.search = options.replace('<', join(directory, '/'));
    const stores = await PostgresStores.open({url: given.href, ...(log && {log})});
    try {
      await stores.ping();
      const [row = {}] = await server.query(
        `SELECT count(*)::integer AS plain FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'webkms' AND NOT ssl`,
      );
      expect(row['plain']).to.equal(options === '?sslmode=disable' ? 1 : 0);
    } finally {
      await stores.close();
    }
  };

  it('are spoken to as the sslmode says', async () => {
    await open('127.0.0.1', '?sslmode=disable');
    await open('127.0.0.1', '?sslmode=require');
    await open('127.0.0.1', '?sslmode=require&sslrootcert=<ca.pem');
    await open('127.0.0.1', '?sslmode=verify-ca&sslrootcert=<ca.pem');
    await open('localhost', '?sslmode=verify-full&sslrootcert=<ca.pem');
  });

  const untrusted: readonly (readonly [host: string, options: string])[] = [
    ['localhost', '?sslmode=verify-full'],
    ['localhost', '?sslmode=verify-full&sslrootcert=<other.pem'],
    ['127.0.0.1', '?sslmode=verify-full&sslrootcert=<ca.pem'],
    ['127.0.0.1', '?sslmode=verify-ca&sslrootcert=<other.pem'],
    ['127.0.0.1', '?sslmode=require&sslrootcert=<other.pem'],
  ];
  for (const [host, options] of untrusted) {
    it(`are not believed where ${host} has another certificate than ${options} asks for`, async () => {
      const outcome = await open(host, options).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(StoreOpenError).with.property('code', 'ERR_STORE_UNREACHABLE');
    });
  }

  it('say nothing of success where a commit is not on the standbys that it is to be on', async () => {
    // What tells of it is a warning.
    await server.query('ALTER ROLE webkms SET client_min_messages = error');
    const stores = await PostgresStores.open({url, timeoutMs: 20_000});
    const first = await insertKeystore(stores);
    await server.query(`ALTER SYSTEM SET synchronous_standby_names = 'a_standby_that_is_not_there'`);
    await server.query('SELECT pg_reload_conf()');
    try {
      const second = next(first);
      const update = stores.keystores.update(second, {replaced: first, updater: 'did:key:z6MkAlice'});
      const outcome = expectRefusal(update, OutcomeUnknownError);
      let waiting: readonly Record<string, unknown>[] = [];
      while (waiting.length === 0) {
        waiting = await server.query(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'webkms'`,
        );
      }
      await outcome;
      // It is here, and would be gone with this server.
      expect(await stores.keystores.find(first.id)).to.have.property('sequence', 1);
    } finally {
      await server.query('ALTER SYSTEM RESET synchronous_standby_names');
      await server.query('SELECT pg_reload_conf()');
      await server.query('ALTER ROLE webkms RESET client_min_messages');
      await stores.close();
    }
  });
});
