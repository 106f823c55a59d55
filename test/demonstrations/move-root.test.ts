import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {admin, adminCommand} from '../support/admin-command.ts';
import {send} from '../support/signed-request.ts';
import {keysThatDoNotSign, populate, signing} from './population.ts';
import {SigningLoad} from './signing-load.ts';

interface ListedRoot {
  readonly id: string;
  readonly uri: string;
}

describe('a root of trust moves', function () {
  this.timeout(120_000);

  it('from file: to shamir: 2 of 3 online; without the file, two shares open the server again, and it signs', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-move-'));
    const port = await freePort();
    const start = () => ServerProcess.start({dataDir, port});
    const at = (process: ServerProcess) => ({port, ca: process.ca, baseUrl: process.url});
    const roots = async (): Promise<ListedRoot[]> =>
      (JSON.parse(await admin(['root', 'list', '--json'], {dataDir})) as {roots: ListedRoot[]}).roots;
    let server = await start();
    let load: SigningLoad | undefined;
    try {
      const made = await populate(at(server), {keystores: 5, keysPerKeystore: 4});
      const keys = made.flatMap((keystore) => keystore.keys);
      load = new SigningLoad({server: at(server), keys, rate: 50});

      const out = await admin(['root', 'add', 'shamir:2-of-3'], {dataDir});
      const shares = out.split('\n').filter((line) => line.startsWith('webkms-share-'));
      expect(shares).to.have.length(3);
      const [file, shamir] = await roots();
      expect([file?.uri, shamir?.uri]).to.deep.equal([`file:${join(dataDir, 'root.key')}`, 'shamir:2-of-3']);

      // Not before somebody has shown that the shares are good.
      const early = await adminCommand(['root', 'retire', file?.id ?? '', '--yes'], {dataDir});
      expect(early.status).to.equal(1);
      await admin(['unseal'], {dataDir, input: `${shares[0]}\n${shares[2]}\n`});
      await admin(['root', 'retire', file?.id ?? '', '--yes'], {dataDir});
      expect((await roots()).map(({uri}) => uri)).to.deep.equal(['shamir:2-of-3']);

      const while_ = await load.phase('while the root moved');
      await load.stop();
      expect(while_.failures).to.deep.equal({});
      expect(while_.requests).to.be.greaterThan(20);
      // A keystore that was made under the new root alone.
      const later = await populate(at(server), {keystores: 1, keysPerKeystore: 2});
      keys.push(...later.flatMap((keystore) => keystore.keys));

      await server.stop();
      await rm(join(dataDir, 'root.key'));
      server = await start();
      expect(existsSync(join(dataDir, 'root.key')), 'no new root is made').to.equal(false);
      const [key = ''] = keys;
      expect((await send(at(server), signing(key))).status).to.equal(503);
      const one = await adminCommand(['unseal'], {dataDir, input: `${shares[1]}\n`});
      expect(one.status).to.equal(1);
      expect((await send(at(server), signing(key))).status).to.equal(503);
      await admin(['unseal'], {dataDir, input: `${shares[1]}\n${shares[0]}\n`});
      expect(await keysThatDoNotSign(at(server), keys)).to.deep.equal([]);

      await admin(['seal'], {dataDir});
      expect((await send(at(server), signing(key))).status).to.equal(503);
      await admin(['unseal'], {dataDir, input: `${shares[2]}\n${shares[1]}\n`});
      expect((await send(at(server), signing(key))).status).to.equal(200);
    } finally {
      await load?.stop();
      await server.stop();
      await rm(dataDir, {recursive: true, force: true});
    }
  });
});
