import {randomBytes} from 'node:crypto';
import {copyFile, mkdir, mkdtemp, readFile, rm, unlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {executeOperation} from '../../lib/admin/execute-operation.ts';
import type {IpcClient} from '../../lib/admin/ipc-client.ts';
import {changeIpcClients, readIpcClients} from '../../lib/admin/ipc-register.ts';
import {ADMIN_OPERATIONS} from '../../lib/admin/operation-table.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import {UnavailableError} from '../../lib/errors.ts';
import {ipcIdentity} from '../../lib/ipc/ipc-identity.ts';
import {storedNodeId} from '../../lib/node-id.ts';
import {openKeyManagement, type KeyManagement} from '../../lib/key-management.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import {refused} from '../client/refused.ts';
import {useMongoJavaServer} from '../support/mongo-java-server.ts';
import {usePostgres} from '../support/postgres-server.ts';

type Method = 'rotateKeys' | 'revokeKeyVersion' | 'wrapperFor';

interface Backend {
  readonly name: string;
  /** @returns the store's URL */
  readonly create: (folder: string) => Promise<string>;
  readonly drop: (url: string) => Promise<void>;
}

function describeRegister({name: backend, create, drop}: Backend): void {
  describe(`the register of IPC clients, with a store of ${backend}`, function () {
    this.timeout(60_000);
    let storage: string;
    let folder: string;
    let closing: AsyncDisposableStack;
    const log = createLogger({level: 'silent'});

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'webkms-ipc-'));
      closing = new AsyncDisposableStack();
      storage = await create(folder);
    });
    afterEach(async () => {
      await closing.disposeAsync();
      await drop(storage);
      await rm(folder, {recursive: true, force: true});
    });

    /** A node on the one store, as after a start. */
    const open = async (node = 'a'): Promise<KeyManagement> => {
      const dataDir = join(folder, node);
      await mkdir(dataDir, {recursive: true, mode: 0o700});
      const environment = {
        WEBKMS_DATA_DIR: dataDir,
        WEBKMS_STORAGE: storage,
        WEBKMS_ROOT_WRAPPER: `file:${join(folder, 'root.key')}`,
      };
      return openKeyManagement(loadSettings({environment}), {log, closing});
    };
    const path = (name = 'ipc-clients', node = 'a'): string => join(folder, node, name);
    const newClient = (name: string): IpcClient => {
      const {did, serverKey} = ipcIdentity(randomBytes(32));
      const keystoreId = 'https://kms.example/kms/keystores/z1A';
      return {name, did, serverKey: encodeBase64url(serverKey), keystoreId};
    };
    const add = (node: KeyManagement, name: string): Promise<void> =>
      changeIpcClients(node, (clients) => [...clients, newClient(name)]);
    const remove = (node: KeyManagement, name: string): Promise<void> =>
      changeIpcClients(node, (clients) => clients.filter((client) => client.name !== name));
    const names = async (node: KeyManagement): Promise<readonly string[]> =>
      (await readIpcClients(node)).map(({name}) => name);
    /** As where the process dies, or the store is away, right there. */
    const failingAt = (node: KeyManagement, method: Method): KeyManagement => {
      const hierarchy = new Proxy(node.hierarchy, {
        get: (target, name): unknown => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === method)
            return async () => {
              throw new UnavailableError('The store is away.');
            };
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
      return {...node, hierarchy: hierarchy};
    };
    const run = async (node: KeyManagement, name: string, parameters: object): Promise<unknown> => {
      const operation = ADMIN_OPERATIONS.get(name);
      if (!operation) throw new Error(`There is no ${name}.`);
      const call = {report: () => undefined, write: async (line: string) => void found.push(line)};
      const signal = new AbortController().signal;
      return executeOperation(operation, {management: node, parameters, call: {...call, signal}, log});
    };
    const found: string[] = [];

    it('keeps what was written, also over a start', async () => {
      const node = await open();
      expect(await names(node)).to.deep.equal([]);
      for (const name of ['one', 'two', 'three']) await add(node, name);
      await remove(node, 'two');
      expect(await names(node)).to.deep.equal(['one', 'three']);
      expect(await names(await open())).to.deep.equal(['one', 'three']);
    });

    it('is changed by one after the other, whatever is asked for at once', async () => {
      const node = await open();
      const all = Array.from({length: 5}, (_, i) => `app-${i}`);
      await Promise.all(all.map((name) => add(node, name)));
      expect(await names(node)).to.deep.equal(all);
    });

    it('is not read while the server is sealed, also where there is none', async () => {
      const node = await open();
      expect(await names(node)).to.deep.equal([]);
      await run(node, 'seal', {});
      expect(await refused(readIpcClients(node))).to.be.instanceOf(SealedError);
    });

    it('is refused where an older copy was put in its place: who was removed stays so', async () => {
      const node = await open();
      await add(node, 'staying');
      await add(node, 'removed');
      await copyFile(path(), path('copy'));
      // Another worker, which has the key open that sealed the copy.
      const worker = await open();
      expect(await names(worker)).to.include('removed');
      await remove(node, 'removed');
      await copyFile(path(), path('newest'));
      await copyFile(path('copy'), path());
      for (const each of [node, worker, await open()]) {
        expect((await refused(readIpcClients(each))).message).to.contain('an older copy');
        expect((await refused(add(each, 'another'))).message).to.contain('an older copy');
      }
      await copyFile(path('newest'), path());
      expect(await names(await open())).to.deep.equal(['staying']);
    });

    it('is so, too, where the register was deleted and begun anew meanwhile', async () => {
      const node = await open();
      await add(node, 'old');
      await copyFile(path(), path('copy'));
      await unlink(path());
      expect(await names(node)).to.deep.equal([]);
      await add(node, 'new');
      await copyFile(path('copy'), path());
      expect((await refused(readIpcClients(node))).message).to.contain('an older copy');
    });

    it('is what it was, or what it was to be, where a change was interrupted', async () => {
      for (const [method, written] of [
        ['rotateKeys', false],
        ['wrapperFor', false],
        ['revokeKeyVersion', true],
      ] as const) {
        const node = await open();
        await changeIpcClients(node, () => [newClient('before')]);
        await copyFile(path(), path('copy'));
        // A reading uses no method of these but the one that opens it.
        const failing = failingAt(node, method);
        expect(await refused(changeIpcClients(failing, () => [newClient('after')])), method).to.be.instanceOf(
          UnavailableError,
        );
        const next = await open();
        expect(await names(next), method).to.deep.equal([written ? 'after' : 'before']);
        if (!written) continue;
        // It was finished by that: the copy is none any more.
        await copyFile(path('copy'), path());
        expect(await refused(readIpcClients(next))).to.be.an('error');
        await unlink(path());
      }
    });

    it('opens after keys were rotated, sealed anew and pruned, and is no finding of a check', async () => {
      const node = await open();
      await add(node, 'one');
      await copyFile(path(), path('copy'));
      await add(node, 'two');
      const after = await run(node, 'rotate', {all: true, rewrap: true, prune: true});
      expect(after).to.deep.include({remaining: []});
      expect(await names(node)).to.deep.equal(['one', 'two']);
      expect(await names(await open())).to.deep.equal(['one', 'two']);
      found.length = 0;
      expect(await run(node, 'check', {})).to.deep.equal({errors: 0, notes: 0});
      expect(found).to.deep.equal([]);
      await copyFile(path('copy'), path());
      expect(await refused(readIpcClients(node))).to.be.an('error');
    });

    it('may change after an anchor was written, which names its key', async () => {
      const node = await open();
      await add(node, 'one');
      await add(node, 'two');
      const writeAnchor = async (): Promise<string> => {
        found.length = 0;
        await run(node, 'anchor', {});
        await writeFile(path('anchor'), `${found.splice(0).join('\n')}\n`);
        return path('anchor');
      };
      const anchor = await writeAnchor();
      await add(node, 'three');
      expect(await run(node, 'check', {anchor})).to.deep.equal({errors: 0, notes: 0});
      const text = await readFile(anchor, 'utf8');
      expect(text).to.contain(`webkms:ipc:${await storedNodeId(join(folder, 'a'))}`);
    });

    it('is each node’s own, where several are on one store', async () => {
      const [a, b] = [await open('a'), await open('b')];
      await add(a, 'of-a');
      await add(b, 'of-b');
      await add(a, 'also-of-a');
      expect(await names(a)).to.deep.equal(['of-a', 'also-of-a']);
      expect(await names(b)).to.deep.equal(['of-b']);
      await copyFile(path('ipc-clients', 'a'), path('ipc-clients', 'b'));
      expect((await refused(readIpcClients(b))).message).to.contain('another node');
      expect(await names(a)).to.deep.equal(['of-a', 'also-of-a']);
    });

    it('leaves no versions of its key behind', async () => {
      const node = await open();
      for (let i = 0; i < 5; i++) await add(node, `app-${i}`);
      const scopes = await node.stores.keyHierarchy.listScopes({limit: 10});
      const own = scopes.results.filter((scope) => scope.startsWith('webkms:ipc:'));
      expect(own).to.have.length(1);
      const keys = await node.hierarchy.listKeys(own[0]!);
      expect(keys.map(({versions}) => versions.length)).to.deep.equal([1, 1]);
    });

    it('takes no more than can be sealed', async () => {
      const node = await open();
      await add(node, 'one');
      const keys = Array.from({length: 1000}, () => `z${'A'.repeat(63)}`);
      const many = Array.from({length: 20}, (_, i) => ({...newClient(`app-${i}`), keys}));
      expect((await refused(changeIpcClients(node, () => many))).message).to.contain('longer than it may be');
      expect(await names(node)).to.deep.equal(['one']);
    });
  });
}

describeRegister({
  name: 'SQLite',
  create: async (folder) => `sqlite:${join(folder, 'webkms.db')}`,
  drop: async () => undefined,
});
for (const use of [usePostgres, useMongoJavaServer]) {
  describe('over the network', () => {
    const server = use();
    describeRegister({
      name: server.name,
      create: () => server.createDatabase(),
      drop: (url) => server.dropDatabase(url),
    });
  });
}
