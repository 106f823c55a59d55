import {randomBytes} from 'node:crypto';
import {rm, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {editDatabase} from '../integrity/database-fixture.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useBackups} from './backup-fixture.ts';

describe('a backup of a database whose roots somebody has edited', () => {
  const fixture = useBackups();
  const file = (): string => fixture.path('backup');
  const edit = (statement: string): void => editDatabase(dirname(fixture.path('x')), statement);

  it('opens by an open root whose parameters were changed', async () => {
    const store = await fixture.populated();
    await writeFile(fixture.path('pass'), 'correct horse battery staple', {mode: 0o600});
    await store.changes.add(`passphrase:file=${fixture.path('pass')}`, {secrets: fixture.secretSource});
    edit(
      `UPDATE root_wrapper SET parameters = replace(parameters, '"passes":3', '"passes":2') WHERE parameters <> ''`,
    );
    await store.backUp(file());
    await rm(fixture.path('root.key'));
    expect((await fixture.restore(file())).openedBy.uri).to.match(/^passphrase:file=/);
  });

  it('is not sealed under one that the server has not put there, nor made once it has heard of that', async () => {
    const store = await fixture.populated();
    await writeFile(fixture.path('known'), randomBytes(32).toString('base64url'), {mode: 0o600});
    edit(
      `INSERT INTO root_wrapper (id, uri, wrapper_key_id, created_at, state)
       VALUES ('rw_forger', '${fixture.uri('known')}', 'x', 0, 'active')`,
    );
    const before = await store.backUp(fixture.path('before'));
    expect(before.roots.map(({uri}) => uri)).to.deep.equal([fixture.uri('root.key')]);
    await store.hierarchy.refresh();
    await expectRejection(store.backUp(file()), UnavailableError);
    await store.changes.retire('rw_forger');
    expect((await store.backUp(file())).roots).to.have.length(1);
  });
});
