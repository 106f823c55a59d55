import {execFile} from 'node:child_process';
import {copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {Agent} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {OfficialClients} from '../official-clients/official-clients.ts';
import {controller} from '../support/did-key.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(PROJECT, 'node_modules/typescript/bin/tsc');

const TSCONFIG = {
  compilerOptions: {
    ...{module: 'nodenext', target: 'es2024', lib: ['es2024', 'esnext.disposable'], types: ['node']},
    ...{strict: true, skipLibCheck: false, outDir: 'built'},
  },
  include: ['*.ts'],
};

const EMBEDDING = `
import {createLogger, loadSettings, startServer, type RunningServer} from 'webkms-server';
export const start = async (): Promise<RunningServer> => {
  const settings = loadSettings({});
  return startServer(settings, {log: createLogger(settings.log)});
};
`;

const CLIENT = `
import {KmsConnectionError, LocalKms, RemoteKms, toJwks, type Kms, type KeyAdministrationKms} from 'webkms-server/client';
const open = (dataDir: string): Promise<KeyAdministrationKms> => LocalKms.open({dataDir, controller: 'did:example:alice'});
const kms = await open('keys');
const {publicKey, privateKey} = await kms.generateKeyPair('ecdsa-p256');
const data = Buffer.from('data');
const {signature} = await privateKey.sign(data);
console.log(await publicKey.verify(data, signature), toJwks([publicKey]).keys.length);
await kms.destroy();
const signer = {id: 'did:example:alice#key', sign: async (): Promise<Uint8Array> => new Uint8Array(64)};
await using remote: Kms = await RemoteKms.connect({keystoreId: 'https://localhost:9/kms/keystores/z1', signer});
await remote.getPublicKeys().catch((error: unknown) => console.log(error instanceof KmsConnectionError));
`;

const SUITE = `
import {type CreateKeyModule, KEY_TYPES} from 'webkms-server/key-module';
import {describeKeyModule} from 'webkms-server/key-module-suite';
import {createKeyModule, MemoryKeyModule} from './memory-key-module.js';

const create: CreateKeyModule = createKeyModule;
describeKeyModule({
  name: typeof create === 'function' ? 'of an author' : '',
  create: async () => new MemoryKeyModule('memory'),
  types: Object.values(KEY_TYPES).flatMap(({name}) => (new MemoryKeyModule('memory').keyType(name) ? [name] : [])),
});
`;

/** The package as it is published, installed in a project that has the types of better-sqlite3 itself. */
async function install(project: string): Promise<void> {
  const installed = join(project, 'node_modules/webkms-server');
  await mkdir(join(project, 'node_modules/@types'), {recursive: true});
  for (const name of ['better-sqlite3', '@types/better-sqlite3', '@types/node', 'mocha', 'chai'])
    await symlink(join(PROJECT, 'node_modules', name), join(project, 'node_modules', name));
  await mkdir(installed);
  await symlink(join(PROJECT, 'node_modules'), join(installed, 'node_modules'));
  await copyFile(join(PROJECT, 'package.json'), join(installed, 'package.json'));
  await cp(join(PROJECT, 'bin'), join(installed, 'bin'), {recursive: true});
  const build = ['-p', join(PROJECT, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')];
  await promisify(execFile)(process.execPath, [TSC, ...build]);
}

async function run(args: readonly string[], cwd: string): Promise<string> {
  const ran = promisify(execFile)(process.execPath, args, {cwd});
  return (await ran.catch((error: unknown) => error as {readonly stdout: string})).stdout;
}

/** Whether the installed server makes a key in the author's module, for the official client, and signs with it. */
async function serveKeyModule(project: string): Promise<boolean> {
  const launcher = join(project, 'node_modules/webkms-server/bin/webkms.js');
  const port = await freePort();
  const server = await ServerProcess.start({
    ...{launcher, port, dataDir: join(project, 'data')},
    environment: {WEBKMS_KEY_MODULES: `software,memory=${join(project, 'built/memory-key-module.js')}`},
  });
  try {
    const clients = new OfficialClients({url: server.url, httpsAgent: new Agent({ca: server.ca})});
    const owner = controller('author of a key module');
    const keystore = await clients.createKeystore(owner, {kmsModule: 'memory'});
    const kms = clients.kms(keystore.id);
    const invocationSigner = owner.signer;
    const {keyId} = await kms.generateKey({type: 'Sha256HmacKey2019', invocationSigner});
    const data = Buffer.from('data');
    const signature = await kms.sign({keyId, data, invocationSigner});
    return await kms.verify({keyId, data, signature, invocationSigner});
  } finally {
    await server.stop();
  }
}

describe('the package', () => {
  it('exports what runs, and types that a strict project compiles with', async function () {
    this.timeout(180_000);
    const project = await mkdtemp(join(tmpdir(), 'webkms-package-'));
    try {
      await install(project);
      const example = await readFile(join(PROJECT, 'examples/oidc-client-secrets.ts'), 'utf8');
      const application = example.replace("'../lib/sealing-api.ts'", "'webkms-server/sealing'");
      expect(application).to.not.equal(example);
      await writeFile(join(project, 'application.ts'), application);
      await writeFile(join(project, 'embedding.ts'), EMBEDDING);
      await writeFile(join(project, 'client.ts'), CLIENT);
      const module = await readFile(join(PROJECT, 'examples/memory-key-module.ts'), 'utf8');
      const authored = module.replace("'../lib/key-module-api.ts'", "'webkms-server/key-module'");
      expect(authored).to.not.equal(module);
      await writeFile(join(project, 'memory-key-module.ts'), authored);
      await writeFile(join(project, 'suite.ts'), SUITE);
      await writeFile(join(project, 'package.json'), JSON.stringify({type: 'module'}));
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      await promisify(execFile)(process.execPath, [TSC, '-p', project]).catch((error: unknown) => {
        throw new Error((error as {stdout: string}).stdout);
      });
      const {stdout} = await promisify(execFile)(process.execPath, [join(project, 'built/application.js')]);
      expect(stdout).to.match(/The row still opens: correct horse battery staple\n$/);
      const client = await promisify(execFile)(process.execPath, [join(project, 'built/client.js')], {
        cwd: project,
      });
      expect(client.stdout).to.equal('true 1\ntrue\n');
      const suite = await run([join(PROJECT, 'node_modules/mocha/bin/mocha.js'), 'built/suite.js'], project);
      expect(suite)
        .to.match(/^ {2}(?:[5-9]\d|\d{3}) passing/m)
        .and.to.not.match(/failing/);
      expect(await serveKeyModule(project)).to.equal(true);
      const inner = `import('webkms-server/lib/sealing-api.ts').catch(({code}) => console.log(code))`;
      const refused = await promisify(execFile)(process.execPath, ['-e', inner], {cwd: project});
      expect(refused.stdout).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
    } finally {
      await rm(project, {recursive: true, force: true});
    }
  });
});
