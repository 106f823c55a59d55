import {chown} from 'node:fs/promises';
import {expect} from 'chai';
import {isAdminSocketListening} from '../../lib/admin/admin-client.ts';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {AdminSocketFixture} from './admin-socket-fixture.ts';

const NOBODY = 65_534;

describe('an admin socket in a data directory of another user', () => {
  const {geteuid} = process;
  let fixture: AdminSocketFixture;
  const become = (user: number): void => void Object.assign(process, {geteuid: () => user});

  beforeEach(async () => (fixture = await AdminSocketFixture.create()));
  afterEach(async () => {
    Object.assign(process, {geteuid});
    await fixture[Symbol.asyncDispose]();
  });

  it('is trusted by root, and by nobody else: who made it may want to read shares', async function () {
    if (geteuid?.() !== 0) this.skip();
    await fixture.listen([]);
    for (const path of [fixture.dataDir, fixture.path]) await chown(path, NOBODY, NOBODY);
    expect(await isAdminSocketListening(fixture.dataDir)).to.be.true;
    become(NOBODY);
    expect(await isAdminSocketListening(fixture.dataDir)).to.be.true;
    become(NOBODY - 1);
    const error = await expectRejection(isAdminSocketListening(fixture.dataDir), AdminError);
    expect(error.message).to.include('is not the socket of a server of this user. Nothing was sent.');
  });
});
