import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadSettings} from '../lib/config/load-settings.ts';
import {openStores} from '../lib/open-stores.ts';
import {StoreOpenError} from '../lib/storage/store-open-error.ts';
import {usePostgres} from './support/postgres-server.ts';

describe('opening stores with a password', () => {
  const server = usePostgres();
  let directory: string | undefined;
  let withPassword: string;
  let url: string;
  let password: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-password-'));
    withPassword = await server.createDatabase();
    const parsed = new URL(withPassword);
    password = decodeURIComponent(parsed.password);
    parsed.password = '';
    url = parsed.href;
  });
  after(async () => {
    // Where the server is missing nothing was made.
    if (directory === undefined) return;
    await server.dropDatabase(withPassword);
    await rm(directory, {recursive: true, force: true});
  });

  interface Attempt {
    readonly environment: Readonly<Record<string, string>>;
    readonly secret?: string;
  }

  /** @returns what an operator is warned of; each secret is asked for by its name */
  async function open({environment, secret}: Attempt): Promise<readonly string[]> {
    const warnings: string[] = [];
    const stores = await openStores(loadSettings({environment}), {
      log: {warn: (_fields, message) => void warnings.push(message), info: () => undefined},
      takeSecret: (name) =>
        name === 'WEBKMS_STORAGE_PASSWORD' && secret !== undefined ? Buffer.from(secret) : undefined,
    });
    try {
      await stores.ping();
    } finally {
      await stores.close();
    }
    return warnings.filter((message) => message.includes('PASSWORD'));
  }

  async function expectRefused(attempt: Attempt, message: RegExp): Promise<void> {
    const error = await open(attempt).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(StoreOpenError);
    const {code, message: said, stack} = error as StoreOpenError;
    expect(code).to.equal('ERR_STORE_CREDENTIALS');
    expect(said).to.match(message);
    expect(stack).not.to.include(password);
  }

  const file = async (content: string, mode = 0o600): Promise<string> => {
    const path = join(directory ?? '', `password-${Math.random()}`);
    await writeFile(path, content, {mode});
    return path;
  };

  it('takes it from the URL, the secret variable or a file', async () => {
    expect(await open({environment: {WEBKMS_STORAGE: withPassword}})).to.deep.equal([]);
    expect(await open({environment: {WEBKMS_STORAGE: url}, secret: password})).to.deep.equal([]);
    for (const content of [password, `${password}\n`, `${password}\r\n`]) {
      const WEBKMS_STORAGE_PASSWORD_FILE = await file(content);
      expect(await open({environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_PASSWORD_FILE}})).to.deep.equal(
        [],
      );
    }
  });

  it('warns of a file that every user can read', async () => {
    const WEBKMS_STORAGE_PASSWORD_FILE = await file(password, 0o644);
    expect(await open({environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_PASSWORD_FILE}})).to.deep.equal([
      'every user can read WEBKMS_STORAGE_PASSWORD_FILE',
    ]);
  });

  it('refuses none, a wrong one, two, and files that hold none', async () => {
    await expectRefused({environment: {WEBKMS_STORAGE: url}}, /password/);
    await expectRefused(
      {environment: {WEBKMS_STORAGE: url}, secret: `${password}x`},
      /WEBKMS_STORAGE .*password/,
    );
    await expectRefused({environment: {WEBKMS_STORAGE: withPassword}, secret: password}, /another password/);
    const good = await file(password);
    await expectRefused(
      {environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_PASSWORD_FILE: good}, secret: password},
      /another password/,
    );
    for (const content of ['', '\n', `${password}\nmore`]) {
      const WEBKMS_STORAGE_PASSWORD_FILE = await file(content);
      await expectRefused({environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_PASSWORD_FILE}}, /one line/);
    }
    const missing = join(directory ?? '', 'missing');
    await expectRefused(
      {environment: {WEBKMS_STORAGE: url, WEBKMS_STORAGE_PASSWORD_FILE: missing}},
      /WEBKMS_STORAGE_PASSWORD_FILE cannot be read \(ENOENT\)/,
    );
  });
});
