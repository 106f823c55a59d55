import {AdminError} from '../../admin/admin-operation.ts';
import type {HsmReconcileResult} from '../../admin/operations/hsm-reconcile.ts';
import {EXIT_FAILURE} from '../command.ts';
import {assertConfirmable, YES_OPTION} from '../confirm.ts';
import type {AdminCommand} from './admin-command.ts';
import type {AdminIo} from './admin-io.ts';

export const hsmReconcileCommand: AdminCommand = {
  name: 'hsm reconcile',
  summary: 'Compare what HSMs hold with the key records; exits with 1 where a key is missing',
  help: [
    'Names the keys of HSMs that no record refers to (orphans), and the records whose key is not there. Keys of keystores that this',
    'server does not have are counted: they may be those of another server. --destroy-orphans destroys, when that was confirmed, the',
    'orphans that this command has named at least an hour ago. After an older backup was restored, keys that were made since are orphans.',
  ],
  options: {
    'destroy-orphans': {meaning: 'destroys orphans; they cannot be got back'},
    yes: YES_OPTION,
  },
  whenInterrupted: 'What was destroyed is gone; the other orphans are left.',
  run: async ({connect, print, io, values}) => {
    const yes = values['yes'] === true;
    if (values['destroy-orphans'] === true) assertConfirmable({yes, io});
    await using connection = await connect();
    let result = (await connection.call('hsm.reconcile')) as HsmReconcileResult;
    const {confirm} = result;
    if (values['destroy-orphans'] === true && confirm !== undefined) {
      if (!yes) await confirmDestruction(result, io);
      result = (await connection.call('hsm.reconcile', {destroy: confirm})) as HsmReconcileResult;
    }
    print(result, describe(result));
    return result.missing.length === 0 ? 0 : EXIT_FAILURE;
  },
};

async function confirmDestruction({orphans}: HsmReconcileResult, io: AdminIo): Promise<void> {
  const names = orphans.filter(({destroyable}) => destroyable).map(({name}) => name);
  for (const name of names) io.err(`orphan ${name}`);
  const answer = await io.ask(
    `These keys cannot be got back. To destroy them, type how many they are (${names.length}): `,
  );
  if (answer?.trim() !== String(names.length))
    throw new AdminError('refused', 'That was not confirmed. Nothing was destroyed.');
}

function describe({held, orphans, unknown, missing, destroyed}: HsmReconcileResult): string[] {
  const left = destroyed > 0 ? orphans.filter(({destroyable}) => !destroyable) : orphans;
  return [
    `Keys in HSMs: ${held}`,
    ...missing.map(({key, version}) => `missing ${key} version ${version}: its HSM does not have it`),
    ...left.map(
      ({name, firstSeen, destroyable}) =>
        `orphan ${name}, first seen ${firstSeen}${destroyable ? '' : ': too young to be destroyed'}`,
    ),
    ...unknown.map((name) => `unknown ${name}: this server does not have its keystore`),
    ...(destroyed > 0 ? [`Orphans destroyed: ${destroyed}`] : []),
  ];
}
