import {readdirSync, readlinkSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {AdminError, type AdminCall} from '../../../lib/admin/admin-operation.ts';
import {ADMIN_OPERATIONS} from '../../../lib/admin/operation-table.ts';
import {InternalError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {RemoteAdministration} from '../../../lib/isolation/http-side/remote-administration.ts';
import {createLogger} from '../../../lib/observability/logger.ts';
import {rejection} from '../../key-modules/fixtures.ts';

type Admin = (name: string, parameters: unknown, call: number) => Promise<unknown>;

describe('RemoteAdministration', () => {
  let directory: string;
  let admin: Admin;
  let stopped: string[];
  let written: string[];
  let stopping: AbortController;
  let administration: RemoteAdministration;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-administration-'));
    admin = async () => 'done';
    stopped = [];
    written = [];
    stopping = new AbortController();
    const nothing = async (): Promise<never> => {
      throw new UnavailableError('The key process is not there now.');
    };
    administration = new RemoteAdministration({
      settings: {storage: {kind: 'sqlite', path: join(directory, 'webkms.db')}},
      stores: {copyTo: nothing, verify: async () => []},
      sealing: {begin: nothing},
      keyProcess: {
        admin: (...given) => admin(...given),
        stopAdmin: async (_call, reason) => void stopped.push(reason),
      },
      isSealed: () => false,
      log: createLogger({level: 'silent'}),
    });
  });
  afterEach(() => rm(directory, {recursive: true}));

  const execute = (name: string, parameters: object = {}): Promise<unknown> => {
    const operation = ADMIN_OPERATIONS.get(name);
    if (!operation) throw new Error('There is no such operation.');
    const call: AdminCall = {
      report: () => undefined,
      write: async (line) => void written.push(line),
      signal: stopping.signal,
    };
    return administration.execute(operation, parameters, call);
  };

  const refusal = async (work: Promise<unknown>): Promise<AdminError> => {
    const error: unknown = await rejection(work);
    if (error instanceof AdminError) return error;
    throw error;
  };

  it('gives what the key process gives, and what it refuses as it refuses it', async () => {
    expect(await execute('status')).to.equal('done');
    const refused = new AdminError('not-found', 'Not there.');
    admin = () => Promise.reject(refused);
    expect(await refusal(execute('status'))).to.equal(refused);
  });

  it('says that the key process ended, and that nobody knows what was done', async () => {
    admin = () => Promise.reject(new OutcomeUnknownError('The key process has ended.'));
    const {reason, message} = await refusal(execute('rotate', {all: true}));
    expect(reason).to.equal('failed');
    expect(message).to.contain('ended before it had answered');
  });

  it('says that the key process is not there, and of a backup that there is nothing of it', async () => {
    admin = () => Promise.reject(new UnavailableError('The key process is not there now.'));
    expect((await refusal(execute('status'))).message).to.equal('The key process is not there now.');
    const {reason, message} = await refusal(execute('backup', {path: join(directory, 'backup')}));
    expect(reason).to.equal('failed');
    expect(message).to.equal(
      'The key process is not there now. No backup was made, and nothing is left of it.',
    );
  });

  it('stops what nobody waits for any more, and says why', async () => {
    const asked = Promise.withResolvers<undefined>();
    const told = Promise.withResolvers<never>();
    admin = async () => {
      asked.resolve(undefined);
      return told.promise;
    };
    const running = refusal(execute('check'));
    await asked.promise;
    stopping.abort(new AdminError('failed', 'The client went away.'));
    expect(stopped).to.deep.equal(['The client went away.']);
    told.reject(new AdminError('failed', 'The client went away.'));
    expect((await running).message).to.equal('The client went away.');
    admin = async () => 'done';
    expect((await refusal(execute('check'))).message).to.equal('The client went away.');
  });

  it('reads the anchor that the command names for as long as that runs, and no other file', async () => {
    const path = join(directory, 'anchor');
    await writeFile(path, 'one\ntwo\n');
    const {answers} = administration;
    let number = 0;
    admin = async (_name, _parameters, call) => {
      number = call;
      await answers.adminWrite(call, 'a finding');
      return answers.anchorLines(call, true);
    };
    expect(await execute('check', {anchor: path})).to.deep.equal({lines: ['one', 'two'], end: true});
    expect(written).to.deep.equal(['a finding']);
    expect(await rejection(answers.anchorLines(number, true))).to.be.an.instanceOf(InternalError);
    for (const [name, parameters] of [
      ['check', {}],
      ['status', {anchor: path}],
    ] as const)
      expect(await rejection(execute(name, parameters)), name).to.be.an.instanceOf(AdminError);
  });

  it('leaves no anchor open of which it has read a part', async () => {
    const path = join(directory, 'anchor');
    await writeFile(path, 'line\n'.repeat(100_000));
    const open = (): boolean =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          // It was closed meanwhile.
          return false;
        }
      });
    admin = async (_name, _parameters, call) => {
      await administration.answers.anchorLines(call, true);
      return open();
    };
    expect(await execute('check', {anchor: path})).to.equal(true);
    for (let i = 0; i < 100 && open(); i++) await sleep(10);
    expect(open()).to.equal(false);
  });

  it('refuses an anchor that is not there, or is none of a path, before the key process is asked', async () => {
    admin = () => Promise.reject(new Error('It was asked.'));
    expect((await refusal(execute('check', {anchor: join(directory, 'none')}))).reason).to.equal('not-found');
    expect((await refusal(execute('check', {anchor: directory}))).message).to.contain('is no file');
    expect((await refusal(execute('check', {anchor: 'relative'}))).reason).to.equal('invalid');
    expect((await refusal(execute('backup', {path: 'relative'}))).reason).to.equal('invalid');
  });
});
