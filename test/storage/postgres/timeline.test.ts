import {expect} from 'chai';
import {Client} from 'pg';
import {NewestTimeline, readTimeline} from '../../../lib/storage/postgres/timeline.ts';
import {usePostgres} from '../../support/postgres-server.ts';

describe('timelines of PostgreSQL', () => {
  const server = usePostgres();

  it('one that is older than another of the same cluster is known, and nothing else is', () => {
    const newest = new NewestTimeline();
    const [first, second] = [1, 2].map((number) => ({cluster: 'a', number}));
    expect(newest.isAfter(first)).to.equal(false);
    newest.note(second);
    newest.note(first);
    expect(newest.isAfter(first)).to.equal(true);
    expect(newest.isAfter(second)).to.equal(false);
    expect(newest.isAfter(undefined)).to.equal(false);
    // Of a cluster that was moved as a whole nothing is known.
    const moved = {cluster: 'b', number: 1};
    expect(newest.isAfter(moved)).to.equal(false);
    newest.note(moved);
    newest.note(undefined);
    expect(newest.isAfter(moved)).to.equal(false);
  });

  it('are read by anybody, and not known where the server does not say', async () => {
    const url = await server.createDatabase();
    const client = new Client(url);
    await client.connect();
    try {
      expect(await readTimeline(client)).to.include({number: 1});
      await server.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC', url);
      expect(await readTimeline(client)).to.equal(undefined);
    } finally {
      await client.end();
      await server.dropDatabase(url);
    }
  });
});
