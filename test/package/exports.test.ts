import {execFile} from 'node:child_process';
import {copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';

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

/** The package as it is published, installed in a project that has the types of better-sqlite3 itself. */
async function install(project: string): Promise<void> {
  const installed = join(project, 'node_modules/webkms-server');
  await mkdir(join(project, 'node_modules/@types'), {recursive: true});
  for (const name of ['better-sqlite3', '@types/better-sqlite3', '@types/node'])
    await symlink(join(PROJECT, 'node_modules', name), join(project, 'node_modules', name));
  await mkdir(installed);
  await symlink(join(PROJECT, 'node_modules'), join(installed, 'node_modules'));
  await copyFile(join(PROJECT, 'package.json'), join(installed, 'package.json'));
  const build = ['-p', join(PROJECT, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')];
  await promisify(execFile)(process.execPath, [TSC, ...build]);
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
      const inner = `import('webkms-server/lib/sealing-api.ts').catch(({code}) => console.log(code))`;
      const refused = await promisify(execFile)(process.execPath, ['-e', inner], {cwd: project});
      expect(refused.stdout).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
    } finally {
      await rm(project, {recursive: true, force: true});
    }
  });
});
