import {expect} from 'chai';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import type {HsmReconcileResult} from '../../lib/admin/operations/hsm-reconcile.ts';
import {UsageError} from '../../lib/cli/command.ts';
import {hsmReconcileCommand} from '../../lib/cli/admin/hsm-commands.ts';
import type {AdminInvocation} from '../../lib/cli/admin/admin-command.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';

const FOUND: HsmReconcileResult = {
  held: 5,
  orphans: [
    {name: 'hsm:a/b#1', firstSeen: '2026-11-22T10:00:00.000Z', destroyable: true},
    {name: 'hsm:a/c#2', firstSeen: '2026-11-22T12:00:00.000Z', destroyable: false},
  ],
  unknown: ['x/y#1'],
  missing: [],
  confirm: 'digest',
  destroyed: 0,
};

describe('webkms admin hsm reconcile', () => {
  /** @param answer of the person who is asked */
  const run = async (
    values: AdminInvocation['values'],
    {
      found = FOUND,
      answer,
      interactive = true,
    }: {readonly found?: HsmReconcileResult; readonly answer?: string; readonly interactive?: boolean} = {},
  ) => {
    const calls: unknown[] = [];
    const [out, err]: [string[], string[]] = [[], []];
    const connection = {
      online: true,
      call: async (name: string, parameters: object = {}): Promise<unknown> => {
        calls.push([name, parameters]);
        return 'destroy' in parameters ? {...found, destroyed: 1} : found;
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    const code = await hsmReconcileCommand.run({
      values,
      connect: async () => connection,
      print: (_result: object, lines: readonly string[]) => void out.push(...lines),
      io: {
        interactive,
        err: (line: string) => void err.push(line),
        ask: async (question: string) => {
          err.push(question);
          return answer;
        },
      },
    } as unknown as AdminInvocation);
    return {code, calls, out, err};
  };

  it('names what it finds, destroys nothing, and fails where a key is missing', async () => {
    const {code, calls, out} = await run({});
    expect(code).to.equal(0);
    expect(calls).to.deep.equal([['hsm.reconcile', {}]]);
    expect(out).to.deep.equal([
      'Keys in HSMs: 5',
      'orphan hsm:a/b#1, first seen 2026-11-22T10:00:00.000Z',
      'orphan hsm:a/c#2, first seen 2026-11-22T12:00:00.000Z: too young to be destroyed',
      'unknown x/y#1: this server does not have its keystore',
    ]);
    const found = {...FOUND, missing: [{key: 'https://h/kms/keystores/k/keys/z', version: 3}]};
    const failed = await run({}, {found});
    expect(failed.code).to.equal(1);
    expect(failed.out[1]).to.equal(
      'missing https://h/kms/keystores/k/keys/z version 3: its HSM does not have it',
    );
  });

  it('destroys what was shown and confirmed', async () => {
    const {code, calls, out, err} = await run({'destroy-orphans': true}, {answer: ' 1 '});
    expect(code).to.equal(0);
    expect(calls).to.deep.equal([
      ['hsm.reconcile', {}],
      ['hsm.reconcile', {destroy: 'digest'}],
    ]);
    expect(err).to.deep.equal([
      'orphan hsm:a/b#1',
      'These keys cannot be got back. To destroy them, type how many they are (1): ',
    ]);
    expect(out).to.include('Orphans destroyed: 1');
    expect(out.join()).to.not.include('hsm:a/b#1');
    const unasked = await run({'destroy-orphans': true, yes: true}, {interactive: false});
    expect(unasked.calls).to.have.length(2);
    expect(unasked.err).to.deep.equal([]);
  });

  it('destroys nothing that is not confirmed, and asks nobody where there is nothing', async () => {
    for (const answer of ['', '2', 'yes', '1.0']) {
      const error = await expectRejection(run({'destroy-orphans': true}, {answer}), AdminError);
      expect(error.reason).to.equal('refused');
    }
    await expectRejection(run({'destroy-orphans': true}), AdminError);
    await expectRejection(run({'destroy-orphans': true}, {answer: '1', interactive: false}), UsageError);
    const {confirm, ...nothing} = FOUND;
    expect(confirm).to.equal('digest');
    const {calls, err} = await run({'destroy-orphans': true}, {found: nothing});
    expect(calls).to.have.length(1);
    expect(err).to.deep.equal([]);
  });
});
