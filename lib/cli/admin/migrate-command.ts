import {realpath} from 'node:fs/promises';
import {AdminError} from '../../admin/admin-operation.ts';
import {adminFailure} from '../../admin/admin-failure.ts';
import {describeStorage, parseStorage, type StorageLocation} from '../../config/location-parsers.ts';
import {parsePath} from '../../config/parsers.ts';
import type {Settings} from '../../config/settings.ts';
import {MoveError} from '../../moving/move-error.ts';
import type {MoveResult} from '../../moving/move-store.ts';
import {nameCounts} from '../../moving/record-name.ts';
import {UsageError} from '../command.ts';
import type {MoveEnd} from '../../open-moved-store.ts';
import type {AdminCommand, AdminInvocation, OptionValues} from './admin-command.ts';
import {lockOrServer} from './lock-or-server.ts';
import {assertOwnStore} from './own-store.ts';

export const migrateCommand: AdminCommand = {
  name: 'migrate',
  summary: 'Move everything from one store to another one, e.g. from SQLite to PostgreSQL',
  help: [
    'URL is as WEBKMS_STORAGE has it, and without a password: sqlite:<path>, postgres://… or mongodb://…. Of --from and --to one may be left',
    'out: that is what WEBKMS_STORAGE names. No server may use either store. The target must be empty. Ids, sealed bytes and the order of lists',
    'stay as they are; in the end every record is compared. Interrupted, the same command goes on. Afterwards no server starts on the source',
    'any more: set WEBKMS_STORAGE to the target, and keep or destroy the source.',
  ],
  options: {
    from: {value: 'URL', meaning: 'the source'},
    to: {value: 'URL', meaning: 'the target'},
    'from-password-file': {value: 'FILE', meaning: 'holds the password for --from, in one line'},
    'to-password-file': {value: 'FILE', meaning: 'holds the password for --to, in one line'},
    cancel: {meaning: 'gives up a move of the source that was interrupted: the source can be used again'},
  },
  whenInterrupted:
    'Both stores are marked, and no server starts on them. The same command goes on; webkms admin migrate --cancel gives it up.',
  run: async (invocation) => {
    const {settings, io, values} = invocation;
    const ends = readEnds(values, settings);
    await using closing = new AsyncDisposableStack();
    const lock = await lockOrServer(settings, {io, create: true});
    if (!lock) throw new AdminError('refused', 'A server runs on the data directory. Stop it first.');
    closing.defer(() => lock.release());
    try {
      return await (values['cancel'] === true
        ? cancel(invocation, closing, ends.from)
        : move(invocation, closing, ends));
    } catch (error) {
      io.interrupted.throwIfAborted();
      throw toAdminError(error);
    }
  },
};

async function move(
  {settings, io, output, print}: AdminInvocation,
  closing: AsyncDisposableStack,
  {from, to}: {readonly from: MoveEnd; readonly to: MoveEnd},
): Promise<number> {
  await assertOwnStore({...settings, storage: from.storage}, {create: false});
  await assertOwnStore({...settings, storage: to.storage}, {create: true});
  await assertTwo(from.storage, to.storage);
  const [{openMovedStore}, {checkSource, moveStore}, {whileMoving}, {ownNodeIds}] = await Promise.all([
    import('../../open-moved-store.ts'),
    import('../../moving/move-store.ts'),
    import('../../moving/while-moving.ts'),
    import('./own-node-ids.ts'),
  ]);
  const [holder = '', ...workers] = await ownNodeIds(settings.dataDir);
  const own = new Set([holder, ...workers]);
  const source = await openMovedStore(from, {settings, closing});
  // Before the target is opened, which makes it where it is not there.
  const mark = await checkSource({source, target: {shown: describeStorage(to.storage)}, own});
  if (mark?.state === 'moved') await assertOwnStore({...settings, storage: to.storage}, {create: false});
  const target = await openMovedStore(to, {settings, closing});
  const {report} = output;
  const result = await whileMoving([source, target], {holder, signal: io.interrupted}, (signal) =>
    moveStore({source, target, own, report, signal}),
  );
  print(result, describe(result));
  return 0;
}

async function cancel(
  {settings, io, print}: AdminInvocation,
  closing: AsyncDisposableStack,
  from: MoveEnd,
): Promise<number> {
  await assertOwnStore({...settings, storage: from.storage}, {create: false});
  const [{openMovedStore}, {cancelMove}, {whileMoving}, {ownNodeIds}] = await Promise.all([
    import('../../open-moved-store.ts'),
    import('../../moving/move-store.ts'),
    import('../../moving/while-moving.ts'),
    import('./own-node-ids.ts'),
  ]);
  const [holder = ''] = await ownNodeIds(settings.dataDir);
  const source = await openMovedStore(from, {settings, closing});
  const given = await whileMoving([source], {holder, signal: io.interrupted}, () => cancelMove(source));
  print({from: source.shown, to: given}, [
    `The move of ${source.shown} is given up: it can be used again.`,
    `What was put into ${given} is of no use: empty it.`,
  ]);
  return 0;
}

/** @throws UsageError */
function readEnds(values: OptionValues, settings: Settings): {readonly from: MoveEnd; readonly to: MoveEnd} {
  const [from, to] = [readEnd('from', values, settings), readEnd('to', values, settings)];
  if (values['cancel'] === true) {
    if (to.option !== undefined)
      throw new UsageError('admin migrate --cancel is about the source: it takes no --to.');
  } else if (from.option === undefined && to.option === undefined) {
    throw new UsageError('admin migrate takes --from URL, --to URL or both; WEBKMS_STORAGE names the other.');
  }
  return {from, to};
}

/** @throws UsageError, which holds nothing of a URL */
function readEnd(option: 'from' | 'to', values: OptionValues, {storage}: Settings): MoveEnd {
  const [url, file] = [values[option], values[`${option}-password-file`]];
  if (typeof url !== 'string') {
    if (file === undefined) return {storage};
    throw new UsageError(`--${option}-password-file belongs to --${option}, which is not given.`);
  }
  const location = parseEnd(option, url);
  if (location.kind !== 'sqlite' && location.holdsPassword) {
    throw new UsageError(
      `--${option} has a password, which other users of the machine can see. Leave it out, and give --${option}-password-file.`,
    );
  }
  if (location.kind === 'sqlite' && file !== undefined) {
    throw new UsageError(`--${option}-password-file is for PostgreSQL and MongoDB.`);
  }
  return {storage: location, option, passwordFile: typeof file === 'string' ? parsePath(file) : undefined};
}

function parseEnd(option: string, url: string): StorageLocation {
  try {
    return parseStorage(url);
  } catch (error) {
    throw new UsageError(`--${option} ${error instanceof Error ? error.message : 'is malformed'}.`);
  }
}

/** @throws AdminError. What is the same by another name is refused as not empty. */
async function assertTwo(from: StorageLocation, to: StorageLocation): Promise<void> {
  const names = await Promise.all(
    [from, to].map(async (storage) =>
      storage.kind === 'sqlite'
        ? realpath(storage.path).catch(() => storage.path)
        : describeStorage(storage).replace(/^postgresql:/, 'postgres:'),
    ),
  );
  if (from.kind !== to.kind || names[0] !== names[1]) return;
  throw new AdminError('refused', `Source and target are the same: ${describeStorage(from)}.`);
}

function toAdminError(error: unknown): Error {
  if (error instanceof UsageError) return error;
  if (error instanceof MoveError) return new AdminError(error.reason, error.message, {cause: error});
  return adminFailure(error);
}

function describe({from, to, outcome, records}: MoveResult): string[] {
  if (!records) return [`Done before: ${from} was moved to ${to}. Nothing was done.`];
  return [
    `Moved: ${from} to ${to}${outcome === 'resumed' ? ', going on with what was interrupted' : ''}`,
    `Every record was compared: ${nameCounts(records)}`,
    `Set WEBKMS_STORAGE to the target. No server starts on the source any more: keep it as a backup, or destroy it.`,
  ];
}
