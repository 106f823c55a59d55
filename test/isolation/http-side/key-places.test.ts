import {mkdtemp, realpath, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadSettings} from '../../../lib/config/load-settings.ts';
import {keyPlaces, seedingPlaces} from '../../../lib/isolation/http-side/key-places.ts';
import {runServer} from '../../support/run-server.ts';

const settings = (environment: Readonly<Record<string, string>> = {}) =>
  loadSettings({environment: {WEBKMS_DATA_DIR: '/data', ...environment}});

describe('what the key process may reach', () => {
  it('is the files that roots of the settings name, and its attestation key', () => {
    const WEBKMS_OTHER_ROOT_WRAPPERS =
      'file:/keys/a.key, passphrase:file=/keys/b,passphrase:prompt,shamir:2-of-3';
    const {readable, writable, outside} = keyPlaces(settings({WEBKMS_OTHER_ROOT_WRAPPERS}));
    expect(readable).to.include.members(['/data/root.key', '/keys/a.key', '/keys/b']);
    expect(
      readable.every((path) => /^\/(?:data\/[a-z.-]+|keys\/[ab](?:\.key)?)$/.test(path)),
      String(readable),
    ).to.equal(true);
    expect(readable).not.to.include('/data/webkms.db');
    expect(writable).not.to.include('/data/root.key');
    expect(outside).to.equal(false);
  });

  it('is more with tokens', () => {
    const {readable, outside} = keyPlaces(
      settings({
        WEBKMS_OTHER_ROOT_WRAPPERS:
          'pkcs11:token=a;object=b?module-path=/lib/hsm.so&pin-source=file:/keys/pin',
      }),
    );
    expect(readable).to.include.members(['/lib/hsm.so', '/keys/pin']);
    expect(outside).to.equal(true);
  });

  it('is a directory where the first key file has to be made, and nowhere else', () => {
    expect(seedingPlaces(settings(), [])?.writable).to.include('/data*');
    expect(seedingPlaces(settings(), [{}])).to.equal(undefined);
    expect(seedingPlaces(settings({WEBKMS_ROOT_WRAPPER: 'passphrase:prompt'}), [])).to.equal(undefined);
  });

  it('is enough to make the first key file, wherever that is to be', async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'webkms-places-')));
    try {
      for (const path of [
        'a.key',
        'b/c/d.key',
        'data/e.key',
        '../' + directory.slice(directory.lastIndexOf('/') + 1) + '/f.key',
      ]) {
        const file = join(directory, path);
        const server = await runServer({
          environment: {
            WEBKMS_ISOLATION: 'process',
            WEBKMS_DATA_DIR: join(directory, 'data'),
            WEBKMS_STORAGE: `sqlite:${join(directory, `${path.replaceAll(/[./]/g, '-')}.db`)}`,
            WEBKMS_ROOT_WRAPPER: `file:${file}`,
          },
          tls: 'off',
        });
        await server.stop();
        expect((await stat(file)).mode & 0o777, path).to.equal(0o600);
      }
    } finally {
      await rm(directory, {recursive: true});
    }
  });
});
