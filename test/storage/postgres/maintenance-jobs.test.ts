import {expect} from 'chai';
import {Client, DatabaseError} from 'pg';
import {DuplicateError} from '../../../lib/errors.ts';
import type {Stores} from '../../../lib/storage/stores.ts';
import {usePostgres} from '../../support/postgres-server.ts';
import {NOW} from '../records.ts';
import {usePostgresDatabases} from './postgres-databases.ts';
import {PostgresStores} from '../../../lib/storage/postgres/postgres-stores.ts';
import {meet, succeeded, withTwoProcesses} from './two-processes.ts';

const ROUNDS = 40;

const insert = (values: string): string =>
  `INSERT INTO maintenance_job (id, steps, scope, created_at, holder, lease_expires_at) VALUES (${values})`;
const UPDATE = (change: string): string => `UPDATE maintenance_job SET ${change} WHERE id = 'job_1'`;
const FINISH = UPDATE('finished_at = 1');

interface Attempt {
  readonly rule: string;
  readonly refused: readonly string[];
  readonly accepted: readonly string[];
}

const ATTEMPTS: readonly Attempt[] = [
  {
    rule: 'there is one unfinished job at most',
    refused: [insert(`'job_2', '["prune"]', NULL, 0, NULL, NULL`)],
    accepted: [`${FINISH}; ${insert(`'job_2', '["prune"]', NULL, 0, NULL, NULL`)}`],
  },
  {
    rule: 'a job is whole',
    refused: [
      `${FINISH}; ${insert(`'', '["prune"]', NULL, 0, NULL, NULL`)}`,
      `${FINISH}; ${insert(`'job_2', '[]', NULL, 0, NULL, NULL`)}`,
      `${FINISH}; ${insert(`'job_2', '{}', NULL, 0, NULL, NULL`)}`,
      `${FINISH}; ${insert(`'job_2', '["prune"]', '', 0, NULL, NULL`)}`,
      `${FINISH}; ${insert(`'job_2', '["prune"]', NULL, 0, 'a', NULL`)}`,
      `${FINISH}; ${insert(`'job_2', '["prune"]', NULL, 0, NULL, 1`)}`,
      `${FINISH}; ${insert(`'job_2', '["prune"]', NULL, 0, '', 1`)}`,
      UPDATE(`failure = 'early'`),
    ],
    accepted: [
      `${FINISH}; ${insert(`'job_2', '["prune"]', 'scope', 0, 'a', 1`)}`,
      UPDATE(`finished_at = 1, failure = 'late'`),
    ],
  },
  {
    rule: 'what it is to do stays, and all of a finished one',
    refused: [
      ...[`id = 'job_x'`, `steps = '["rotate"]'`, `scope = 's'`, 'created_at = 1', 'rotate_before = 1'].map(
        UPDATE,
      ),
      `${FINISH}; ${UPDATE(`progress = 'more'`)}`,
      `${FINISH}; ${UPDATE('finished_at = NULL')}`,
      'TRUNCATE maintenance_job',
    ],
    accepted: [UPDATE(`progress = 'more', holder = 'a', lease_expires_at = 5`), FINISH],
  },
];

describe('PostgreSQL maintenance jobs, written to by whoever', () => {
  const databases = usePostgresDatabases();
  let url: string;
  let client: Client;

  before(async () => {
    url = await databases.create();
    const stores = await PostgresStores.open({url});
    await stores.jobs.insert({id: 'job_1', steps: ['prune'], createdAt: NOW});
    await stores.close();
    client = new Client(url);
    await client.connect();
  });

  after(async () => {
    await client.end();
    await databases.drop(url);
  });

  async function attempt(sql: string): Promise<unknown> {
    await client.query('BEGIN');
    try {
      await client.query(sql);
      return 'it was let through';
    } catch (error) {
      return error;
    } finally {
      await client.query('ROLLBACK');
    }
  }

  for (const {rule, refused, accepted} of ATTEMPTS) {
    it(`are so that ${rule}`, async () => {
      for (const sql of refused) {
        const refusal = await attempt(sql);
        expect(refusal, sql).to.be.instanceOf(DatabaseError);
        expect((refusal as DatabaseError).code, String(refusal)).to.match(/^(?:22|23|P0001$)/);
      }
      for (const sql of accepted) expect(await attempt(sql), sql).to.equal('it was let through');
    });
  }
});

describe('PostgreSQL maintenance jobs, of two processes at once', function () {
  this.timeout(60_000);
  const server = usePostgres();

  it('are inserted by one, held by one, and finished once', () =>
    withTwoProcesses(server, async ({stores, other}) => {
      const both = <T>(act: (handle: Stores, name: string) => Promise<T>): (() => Promise<T>)[] =>
        [stores, other, stores, other].map((handle, index) => () => act(handle, `node-${index}`));
      for (let round = 0; round < ROUNDS; round++) {
        const inserted = await meet(
          [DuplicateError],
          both(({jobs}, name) => jobs.insert({id: `job_${round}_${name}`, steps: ['prune'], createdAt: NOW})),
        );
        expect(succeeded(inserted)).to.have.lengthOf(1);
        const {id} = (await other.jobs.findUnfinished())!;
        const lease = (holder: string) => ({holder, now: NOW + round, expiresAt: NOW + round + 1});
        const held = await meet(
          [],
          both(({jobs}, name) => jobs.acquire(id, lease(name))),
        );
        expect(succeeded(held).filter(Boolean)).to.have.lengthOf(1);
        const finished = await meet(
          [],
          both(async ({jobs}, name) => {
            const saved = await jobs.saveProgress(id, {holder: name, progress: name});
            const ended = await jobs.finish(id, {holder: name, finishedAt: NOW});
            expect(ended).to.equal(saved);
            return ended ? name : undefined;
          }),
        );
        const [holder] = succeeded(finished).filter((name) => name !== undefined);
        expect(await stores.jobs.find(id)).to.include({progress: holder, finishedAt: NOW});
      }
    }));
});
