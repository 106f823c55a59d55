import {adminFailure} from '../../admin/admin-failure.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import type {BackupSummary} from '../../backup/write-backup.ts';
import {takeVariable} from '../../config/environment-secrets.ts';
import {parsePath} from '../../config/parsers.ts';
import {EXIT_FAILURE} from '../command.ts';
import type {AdminCommand, AdminInvocation} from './admin-command.ts';
import {askPerson} from '../ask-person.ts';
import {lockOrServer} from './lock-or-server.ts';

export const backupCommand: AdminCommand = {
  name: 'backup',
  operands: ['FILE'],
  summary: 'Write a consistent, sealed copy of the database, while the server runs',
  help: [
    'FILE must not exist. The server writes it, as its own user, mode 0600. It is sealed: it opens with any of the roots of trust',
    'that are active now, and they are listed. Keep one of them elsewhere, or the backup is worth nothing. The database is checked:',
    'where it is damaged, the backup is made nevertheless, and the exit code is 1.',
  ],
  run: async ({connect, print, operands: [file = '']}) => {
    await using connection = await connect();
    const result = (await connection.call('backup', {path: parsePath(file)})) as BackupSummary;
    const {path, bytes, roots, problems} = result;
    print(result, [
      `Written: ${path} (${bytes} bytes)`,
      'Any one of these roots of trust opens it:',
      ...roots.map(({id, uri}) => `  ${id}  ${uri}`),
      ...problems.map((problem) => `The database is damaged: ${problem}`),
    ]);
    return problems.length === 0 ? 0 : EXIT_FAILURE;
  },
};

export const restoreCommand: AdminCommand = {
  name: 'restore',
  operands: ['FILE'],
  summary: 'Make the database of a backup, where there is none',
  help: [
    'No server may run, and there must be no database. WEBKMS_ROOT_WRAPPER says where a root of trust is that opens the backup,',
    'unless it is where it was; of one in shares, they are asked for. The restored database is as old as the backup: revocations',
    'and transfers made since are not in it.',
  ],
  options: {
    describe: {meaning: 'says what FILE says of itself, and which roots open it; restores nothing'},
    damaged: {meaning: 'restores a database that was damaged when the backup was made, as it is'},
  },
  run: async ({settings, io, output, print, values, operands: [file = '']}) => {
    if (values['describe'] === true) return describe(file, print);
    const {storage} = settings;
    if (storage.kind !== 'sqlite') {
      throw new AdminError(
        'refused',
        'A backup is restored to an SQLite file: set WEBKMS_STORAGE=sqlite:<path>.',
      );
    }
    await using closing = new AsyncDisposableStack();
    const lock = await lockOrServer(settings, {io, create: true});
    if (!lock) throw new AdminError('refused', 'A server runs on the data directory. Stop it first.');
    closing.defer(() => lock.release());
    const [{restoreBackup}, {SqliteStores}, {createLogger}, {rootWrapperSchemes}] = await Promise.all([
      import('../../backup/restore.ts'),
      import('../../storage/sqlite/sqlite-stores.ts'),
      import('../../observability/logger.ts'),
      import('../../sealing/wrappers/schemes.ts'),
    ]);
    try {
      const result = await restoreBackup({
        path: parsePath(file),
        storagePath: storage.path,
        openStores: (path) => SqliteStores.open({path}),
        rootWrapper: settings.rootWrapper,
        schemes: rootWrapperSchemes({...settings.pkcs11, stateDir: settings.dataDir}),
        secretSource: {takeVariable, prompt: (question) => askPerson(question, io.interrupted)},
        askShare: async ({given, problem}) => {
          if (problem !== undefined) io.err(`webkms: ${problem}`);
          return io.ask(`Share (${given} given): `);
        },
        log: createLogger({level: 'silent'}),
        acceptDamaged: values['damaged'] === true,
        report: output.report,
        signal: io.interrupted,
      });
      const {storagePath, createdAt, openedBy, scopes, damagedScopes, problems} = result;
      print(result, [
        `Restored: ${storagePath}, as of ${createdAt}`,
        `Opened by: ${openedBy.id}  ${openedBy.uri}`,
        `Scopes whose keys open: ${scopes - damagedScopes.length} of ${scopes}`,
        ...problems.map((problem) => `The database is damaged: ${problem}`),
        ...damagedScopes.map((scope) => `damaged before the backup was made: ${scope}`),
      ]);
      return 0;
    } catch (error) {
      io.interrupted.throwIfAborted();
      throw adminFailure(error);
    }
  },
};

async function describe(file: string, print: AdminInvocation['print']): Promise<number> {
  const {describeBackup} = await import('../../backup/describe-backup.ts');
  const description = await describeBackup(parsePath(file)).catch((error: unknown) => {
    throw adminFailure(error);
  });
  const {id, createdAt, application, roots} = description;
  print(description, [
    `${id}, made ${createdAt} by release ${application}`,
    'Any one of these roots of trust opens it:',
    ...roots.map(({id, uri}) => `  ${id}  ${uri}`),
  ]);
  return 0;
}
