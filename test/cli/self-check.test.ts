import {existsSync} from 'node:fs';
import {readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {decodeProtectedHeader, importJWK, jwtVerify} from 'jose';
import {decodeBase58} from '../../lib/encoding/base58.ts';
import {CopiedInstallation} from './installation.ts';

const PASSED = 'the program is what its manifest says';
const CHANGED = 'the program is not what its manifest says';

interface Attested {
  readonly statement: string;
  readonly key: string;
}

describe('the self-check of an installation', function () {
  this.timeout(120_000);
  let installation: CopiedInstallation;
  let enforce: Readonly<Record<string, string>>;
  let warn: Readonly<Record<string, string>>;
  beforeEach(async () => {
    installation = await CopiedInstallation.make();
    warn = {WEBKMS_SELF_CHECK_MANIFEST: installation.manifest};
    enforce = {...warn, WEBKMS_SELF_CHECK: 'enforce'};
  });
  afterEach(() => installation[Symbol.asyncDispose]());

  const attest = async (...args: readonly string[]): Promise<Attested> => {
    const {out} = await installation.expect(0, ['admin', 'attest', '--json', ...args]);
    return JSON.parse(out) as Attested;
  };

  /** As somebody else does who has nothing of this server's. */
  const verified = async ({statement, key}: Attested): Promise<Readonly<Record<string, unknown>>> => {
    const x = Buffer.from(decodeBase58(key.slice('did:key:z'.length))!.subarray(2)).toString('base64url');
    const jwk = await importJWK({kty: 'OKP', crv: 'Ed25519', x}, 'EdDSA');
    expect(decodeProtectedHeader(statement).kid).to.equal(`${key}#${key.slice('did:key:'.length)}`);
    const {payload} = await jwtVerify(statement, jwk, {issuer: key, typ: 'webkms-attestation+jwt'});
    return payload;
  };

  it('names what is not as it was recorded, and ends with 1', async () => {
    const check = ['admin', 'self-check', '--manifest', installation.manifest];
    const digest = await installation.record();
    expect((await installation.expect(0, check)).out).to.include(`Digest: ${digest}`);
    const again = await installation.expect(1, ['admin', 'self-check', '--record', installation.manifest]);
    expect(again.err).to.include('already');

    await installation.change('lib/turns.ts');
    await rm(join(installation.root, 'lib/index.ts'));
    await writeFile(join(installation.root, 'lib/more.ts'), '');
    const {out, err} = await installation.expect(1, check);
    expect(out.trim().split('\n')).to.have.members([
      'changed lib/turns.ts',
      'missing lib/index.ts',
      'added lib/more.ts',
    ]);
    expect(err).to.include('not as the manifest says: 3');
    const json = JSON.parse((await installation.expect(1, [...check, '--json'])).out) as {result: string};
    expect(json.result).to.equal('changed');
  });

  it('covers the packages and the Node.js that run it', async () => {
    await installation.record();
    const {files} = JSON.parse(await readFile(installation.manifest, 'utf8')) as {files: object};
    const paths = Object.keys(files);
    expect(paths).to.include.members(['node_modules/pino/package.json', process.execPath]);
    expect(paths.some((path) => path.endsWith('.node'))).to.equal(true);
    expect(paths.some((path) => path.includes('/mocha/'))).to.equal(false);
  });

  it('says how to record a manifest where there is none, and refuses one that was edited', async () => {
    const none = await installation.expect(1, ['admin', 'self-check']);
    expect(none.err).to.include('webkms admin self-check --record FILE');
    await installation.record();
    const text = await readFile(installation.manifest, 'utf8');
    await writeFile(
      installation.manifest,
      text.replace(/(?<="lib\/turns\.ts": ")./, (first) => (first === '_' ? '-' : '_')),
    );
    const edited = await installation.expect(1, ['admin', 'self-check'], warn);
    expect(edited.err).to.include('The manifest was changed');
  });

  it('enforce: a server of what was recorded starts, and signs that it is it', async () => {
    const digest = await installation.record();
    const serving = await installation.serve(enforce);
    expect((await serving.logged(PASSED))['program']).to.equal(digest);
    expect((await serving.logged('listening'))['program']).to.equal(digest);
    const status = await installation.expect(0, ['admin', 'status']);
    expect(status.out).to.match(new RegExp(`^program: .* Digest: ${digest}$`, 'm'));

    const attested = await attest('--nonce', 'for the auditor');
    const claims = await verified(attested);
    expect(claims).to.include({digest, selfCheck: 'passed', mode: 'enforce', nonce: 'for the auditor'});
    expect(claims).to.include({findings: 0, node: process.version});
    const file = join(installation.dataDir, 'attestation.key');
    expect((await stat(file)).mode & 0o777).to.equal(0o600);

    const statement = join(installation.directory, 'statement');
    await writeFile(statement, `${attested.statement}\n`);
    const verify = ['admin', 'attest', '--verify', statement, '--key', attested.key];
    const nonce = ['--nonce', 'for the auditor'];
    await installation.expect(0, [...verify, ...nonce, '--digest', digest]);
    const other = await installation.expect(1, [...verify, '--nonce', 'another']);
    expect(other.err).to.include('its nonce is another');
    const release = await installation.expect(1, [...verify, '--digest', 'A'.repeat(43)]);
    expect(release.err).to.include('its digest is another');
    const fresh = await installation.expect(0, verify);
    expect(fresh.out).to.include('looked at: signature, outcome of the self-check, age (at most 300 s)');
    expect(fresh.out).to.include('not looked at: nonce, digest');
    const named = await installation.expect(0, [...verify, ...nonce]);
    expect(named.out).to.include('looked at: signature, outcome of the self-check, nonce\n');
    expect(named.out).to.include('not looked at: digest, age');
    await installation.expect(0, [...verify, '--max-age', 'off']);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    for (const more of [[], nonce]) {
      const old = await installation.expect(1, [...verify, ...more, '--max-age', '1s']);
      expect(old.err).to.match(/it was signed \d+ s ago, and may be 1 s old/);
    }
    for (const wrong of ['', '5', '5 minutes', '-1s'])
      await installation.expect(2, [...verify, `--max-age=${wrong}`]);
    await installation.expect(2, ['admin', 'attest', '--max-age', '5m']);
    await installation.expect(2, ['admin', 'attest', '--verify', statement]);
    const stranger = `${attested.key.slice(0, -1)}${attested.key.endsWith('a') ? 'b' : 'a'}`;
    await installation.expect(1, ['admin', 'attest', '--verify', statement, '--key', stranger]);

    // The key stays, also where all others were rotated, and old versions destroyed, and after a restart.
    await installation.expect(0, ['admin', 'rotate', '--all', '--rewrap', '--prune']);
    const sealed = await readFile(file, 'latin1');
    expect((await attest()).key).to.equal(attested.key);
    expect(await readFile(file, 'latin1')).to.not.equal(sealed);
    await serving.stop();
    await installation.serve(enforce);
    expect((await attest()).key).to.equal(attested.key);
  });

  it('enforce: a server of anything else does not start, says which files, and makes nothing', async () => {
    await installation.record();
    await installation.change('lib/keys/key-types.ts');
    for (const environment of [enforce, {...enforce, WEBKMS_WORKERS: '2'}]) {
      const {err} = await installation.expect(1, ['serve'], environment);
      expect(err).to.include('webkms: the server could not start: The program is not what its manifest says');
      expect(err).to.include('changed lib/keys/key-types.ts');
    }
    expect(existsSync(installation.dataDir)).to.equal(false);
  });

  it('enforce: is refused without a manifest, and where compiled code was taken from a cache before it was known', async () => {
    const none = await installation.expect(1, ['serve'], {WEBKMS_SELF_CHECK: 'enforce'});
    expect(none.err).to.include('webkms admin self-check --record FILE');
    const gone = await installation.expect(1, ['serve'], enforce);
    expect(gone.err).to.include('There is no manifest at');
    await installation.record();
    const config = join(installation.directory, 'webkms.env');
    await writeFile(config, 'WEBKMS_SELF_CHECK=enforce\n');
    const late = await installation.expect(1, ['serve', '--config', config], warn);
    expect(late.err).to.include('must be in the environment');
  });

  it('enforce: a worker is not replaced by one of another program', async () => {
    await installation.record();
    const serving = await installation.serve({...enforce, WEBKMS_WORKERS: '2'});
    const restore = await installation.change('lib/turns.ts');
    serving.signal('SIGHUP');
    await serving.logged('the restart was given up: the workers that are left go on');
    expect(serving.log).to.include('changed lib/turns.ts');
    await restore();
    serving.signal('SIGHUP');
    await serving.logged('all workers are new');
  });

  it('warn: the server starts, says so in the log, and goes on saying it when it is asked', async () => {
    await installation.record();
    const restore = await installation.change('lib/turns.ts');
    const serving = await installation.serve(warn);
    const {files, level} = await serving.logged(CHANGED);
    expect({files, level}).to.deep.equal({files: 'changed lib/turns.ts', level: 'warn'});
    await restore();
    await installation.expect(0, ['admin', 'self-check'], warn);
    const attested = await attest();
    expect(await verified(attested)).to.include({selfCheck: 'changed', findings: 1, mode: 'warn'});
    const statement = join(installation.directory, 'statement');
    await writeFile(statement, attested.statement);
    const verify = ['admin', 'attest', '--verify', statement, '--key', attested.key];
    expect((await installation.expect(1, verify)).err).to.include('the check says: "changed"');
  });

  it('warn: a server that is as it was recorded says that, and a damaged manifest is told of', async () => {
    await installation.record();
    const serving = await installation.serve({...warn, WEBKMS_WORKERS: '2'});
    await serving.logged(PASSED);
    expect(await verified(await attest())).to.include({selfCheck: 'passed', mode: 'warn'});
    await serving.stop();
    await writeFile(installation.manifest, '{}');
    const damaged = await installation.serve(warn);
    await damaged.logged('the program cannot be checked');
    expect(await verified(await attest())).to.include({selfCheck: 'unusable'});
  });

  it('off: it does not look', async () => {
    await installation.record();
    await installation.change('lib/turns.ts');
    await installation.serve({...enforce, WEBKMS_SELF_CHECK: 'off'});
    expect(await verified(await attest())).to.include({selfCheck: 'unchecked', mode: 'off'});
  });

  it('attests where the keys are in a process of their own, too', async () => {
    const digest = await installation.record();
    await installation.serve({...enforce, WEBKMS_ISOLATION: 'process'});
    const first = await attest();
    expect(await verified(first)).to.include({selfCheck: 'passed', digest});
    await installation.expect(0, ['admin', 'rotate', '--all', '--rewrap', '--prune']);
    expect((await attest()).key).to.equal(first.key);
  });

  it('attests nothing without a server, and with no other key than that of its file', async () => {
    const offline = await installation.run(['admin', 'attest']);
    expect(offline.status).to.equal(1);
    expect(offline.err).to.include('No server runs');
    await installation.serve({WEBKMS_SELF_CHECK: 'off'});
    const {key} = await attest();
    const file = join(installation.dataDir, 'attestation.key');
    const line = await readFile(file, 'latin1');
    for (const damaged of [
      line.replace(/.\n$/, ''),
      line.replace(/did:key:z6Mk\w/, 'did:key:z6Mkz'),
      'x\n',
    ]) {
      await writeFile(file, damaged);
      const {err} = await installation.expect(1, ['admin', 'attest']);
      expect(err).to.include('attestation.key does not open');
    }
    await rm(file);
    expect((await attest()).key).to.not.equal(key);
  });
});
