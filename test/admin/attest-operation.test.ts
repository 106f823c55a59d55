import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {AdminError, type AdminCall} from '../../lib/admin/admin-operation.ts';
import {attest, type AttestParameters, type AttestResult} from '../../lib/admin/operations/attest.ts';
import {runJob} from '../../lib/admin/operations/run-job.ts';
import {status} from '../../lib/admin/operations/status.ts';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {openKeyManagement, type KeyManagement} from '../../lib/key-management.ts';
import {createLogger} from '../../lib/observability/logger.ts';
import {SERVER_KEYS, SERVER_SCOPE} from '../../lib/sealing/scopes.ts';
import type {SelfCheckReport} from '../../lib/self-check/self-check-report.ts';
import {verifyStatement} from '../../lib/self-check/statement.ts';

const REPORT: SelfCheckReport = {
  mode: 'warn',
  result: 'changed',
  digest: 'D'.repeat(43),
  files: 7,
  findings: [{problem: 'changed', path: 'lib/a.ts'}],
  checkedAt: 1_800_000_000_500,
};
const CALL: AdminCall = {
  report: () => undefined,
  write: async () => undefined,
  signal: new AbortController().signal,
};

describe('the operation attest', () => {
  let closing: AsyncDisposableStack;
  let dataDir: string;
  let file: string;
  let management: KeyManagement;
  const asked: string[] = [];
  beforeEach(async () => {
    closing = new AsyncDisposableStack();
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-attest-'));
    file = join(dataDir, 'attestation.key');
    management = await open();
    asked.length = 0;
  });
  afterEach(async () => {
    await closing.disposeAsync();
    await rm(dataDir, {recursive: true});
  });

  const open = (mode = 'warn', directory = dataDir): Promise<KeyManagement> => {
    const environment = {WEBKMS_DATA_DIR: directory, WEBKMS_SELF_CHECK: mode};
    const answer = (what: string) => async (): Promise<SelfCheckReport> => {
      asked.push(what);
      return REPORT;
    };
    return openKeyManagement(loadSettings({environment}), {
      ...{closing, log: createLogger({level: 'silent', file: undefined})},
      selfCheck: {report: answer('report'), check: answer('check')},
    });
  };
  const run = (parameters: AttestParameters = {}, by = management): Promise<AttestResult> =>
    attest.run(by, parameters, CALL);
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AdminError);
    return (error as AdminError).message;
  };

  it('signs what was found, now, and what was asked with', async () => {
    const before = Math.floor(Date.now() / 1000);
    const {statement, key} = await run({nonce: 'a nonce'});
    const claims = verifyStatement(statement, key);
    expect(claims).to.include({
      ...{iss: key, nonce: 'a nonce', mode: 'warn', selfCheck: 'changed', findings: 1},
      ...{digest: REPORT.digest, checked: 1_800_000_000, baseUrl: 'https://localhost:9443'},
    });
    expect(claims['iat']).to.be.within(before, before + 60);
    expect(claims['started']).to.be.at.most(before);
    expect(asked).to.deep.equal(['check']);
    const plain = await run();
    expect(verifyStatement(plain.statement, key)).to.not.have.property('nonce');
    expect((await status.run(management, undefined, CALL)).selfCheck).to.deep.equal(REPORT);
  });

  it('does not look at files where that is off', async () => {
    await run({}, await open('off', await mkdtemp(join(dataDir, 'other-'))));
    expect(asked).to.deep.equal(['report']);
  });

  it('makes one key, however many ask at once, that opens again; nothing of it is in clear', async () => {
    const all = await Promise.all(Array.from({length: 8}, () => run()));
    expect(new Set(all.map(({key}) => key)).size).to.equal(1);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await run({}, await open())).key).to.equal(all[0]!.key);
  });

  it('seals the key anew where the data key was rotated, whose old versions are not pruned', async () => {
    const {key} = await run();
    const line = await readFile(file, 'latin1');
    await management.hierarchy.rotateKeys(SERVER_SCOPE, {rewrap: true});
    await runJob(management, {steps: ['prune']}, CALL);
    const [version] = line.split(' ');
    const infos = await management.hierarchy.listKeys(SERVER_SCOPE);
    const {versions} = infos.find(({purpose}) => purpose === SERVER_KEYS)!;
    expect(versions.map((each) => each.id))
      .to.have.length(2)
      .and.include(version);
    // Those of other purposes are.
    expect(infos.find(({purpose}) => purpose === 'audit')!.versions).to.have.length(1);
    expect((await run()).key).to.equal(key);
    const anew = await readFile(file, 'latin1');
    expect(anew.startsWith(`${versions.at(-1)!.id} ${key} `)).to.equal(true);
  });

  it('refuses a file that is not as it was written, or of another store, and makes no other key', async () => {
    await run();
    const line = await readFile(file, 'latin1');
    const [version, did, sealed = ''] = line.trim().split(' ');
    const foreign = await open('warn', await mkdtemp(join(dataDir, 'other-')));
    await run({}, foreign);
    const flipped = `${sealed.slice(0, -6)}${sealed.at(-6) === 'A' ? 'B' : 'A'}${sealed.slice(-5)}`;
    const damaged = [
      '',
      'x\n',
      line.slice(0, -1),
      line.slice(0, 80),
      `${version} ${did} ${flipped}\n`,
      `${version} ${did?.slice(0, -1)}z ${sealed}\n`,
      await readFile(join(foreign.settings.dataDir, 'attestation.key'), 'latin1'),
    ];
    for (const content of damaged) {
      await writeFile(file, content);
      expect(await refusal(run()), content).to.include('does not open');
      expect(await readFile(file, 'latin1')).to.equal(content);
    }
    await writeFile(file, line);
    expect((await run()).key).to.equal(did);
  });

  it('is refused where nothing serves', async () => {
    const offline: Record<string, unknown> = {...management};
    delete offline['selfCheck'];
    expect(await refusal(run({}, offline as unknown as KeyManagement))).to.include('No server runs');
  });
});
