import {AdminError} from '../../admin/admin-operation.ts';
import type {DataDirectoryLock} from '../../admin/data-directory-lock.ts';
import type {Settings} from '../../config/settings.ts';
import type {KeyManagement} from '../../key-management.ts';
import type {AdminIo} from './admin-io.ts';
import type {AdminConnection, CallOutput} from './admin-connection.ts';
import {askPerson} from '../ask-person.ts';
import {giveShares} from './give-shares.ts';

/** The store, opened by this process, which holds the data directory's lock until it is disposed of. */
export async function openStore(
  settings: Settings,
  {lock, io, output}: {readonly lock: DataDirectoryLock; readonly io: AdminIo; readonly output: CallOutput},
): Promise<AdminConnection> {
  const closing = new AsyncDisposableStack();
  closing.defer(() => lock.release());
  try {
    const [{openKeyManagement}, {ADMIN_OPERATIONS}, {executeOperation}, {createLogger}] = await Promise.all([
      import('../../key-management.ts'),
      import('../../admin/operation-table.ts'),
      import('../../admin/execute-operation.ts'),
      import('../../observability/logger.ts'),
    ]);
    const log = createLogger(commandLog(settings.log));
    const management = await openKeyManagement(settings, {
      ...{log, closing},
      prompt: (question) => askPerson(question, io.interrupted),
    });
    return {
      online: false,
      call: async (name, parameters = {}) => {
        const operation = ADMIN_OPERATIONS.get(name);
        if (!operation) throw new AdminError('not-found', 'There is no such operation.');
        if (!operation.whileSealed) await unsealHere(management, io);
        const call = {...output, signal: io.interrupted};
        try {
          return await executeOperation(operation, {management, parameters, call, log});
        } catch (error) {
          io.interrupted.throwIfAborted();
          throw error;
        }
      },
      [Symbol.asyncDispose]: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

/** A person reads the command's standard error: of the log, what went wrong only. */
function commandLog(log: Settings['log']): Settings['log'] {
  const isNews = !['error', 'fatal', 'silent'].includes(log.level);
  return log.file === undefined && isNews ? {...log, level: 'error'} : log;
}

/** This process has no keys yet, where all roots are in shares. */
async function unsealHere({root}: KeyManagement, io: AdminIo): Promise<void> {
  if (!root.isSealed()) return;
  const {adminFailure} = await import('../../admin/admin-failure.ts');
  io.err('No server runs, and the store opens with shares only. Give them:');
  const opened = await giveShares(io, (text) =>
    root.offerShare(text).catch((error: unknown) => {
      throw adminFailure(error);
    }),
  );
  if (!opened) throw new AdminError('sealed', 'Too few shares were given. Nothing was done.');
}
