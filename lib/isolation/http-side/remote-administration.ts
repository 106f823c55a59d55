import type {Logger} from 'pino';
import {adminFailure} from '../../admin/admin-failure.ts';
import {AdminError, type AdminCall, type AdminOperation} from '../../admin/admin-operation.ts';
import type {ExecuteAdmin} from '../../admin/admin-socket-server.ts';
import {openAnchor} from '../../admin/anchor-file.ts';
import {executeOperation, type Administered} from '../../admin/execute-operation.ts';
import {backup, runBackup, type BackupParameters, type BackupPlace} from '../../admin/operations/backup.ts';
import {check} from '../../admin/operations/check.ts';
import type {BackupSummary} from '../../backup/write-backup.ts';
import {InternalError, OutcomeUnknownError, UnavailableError} from '../../errors.ts';
import type {HttpProcess, KeyProcess} from '../protocol/key-process-methods.ts';
import {AnchorBatches} from './anchor-batches.ts';
import {PendingCalls} from './pending-calls.ts';

export interface RemoteAdministrationOptions extends BackupPlace {
  readonly keyProcess: Pick<KeyProcess, 'admin' | 'stopAdmin'>;
  readonly isSealed: () => boolean;
  readonly log: Logger;
}

interface RunningCommand {
  readonly call: AdminCall;
  readonly anchor?: AnchorBatches;
}

type Answers = Pick<HttpProcess, 'adminReport' | 'adminWrite' | 'anchorLines'>;

/** Operators' commands: the key process runs them, but for the files that they name, which this process reads and writes. */
export class RemoteAdministration {
  readonly #options: RemoteAdministrationOptions;
  readonly #running = new PendingCalls<RunningCommand>();

  /** What the key process asks for, of the commands that it runs. */
  readonly answers: Answers = {
    adminReport: async (id, progress) => this.#running.find(id).call.report(progress),
    adminWrite: async (id, line) => this.#running.find(id).call.write(line),
    anchorLines: async (id, again) => {
      const {anchor} = this.#running.find(id);
      if (!anchor) throw new InternalError(new Error('The command names no anchor.'));
      return anchor.next(again);
    },
  };

  constructor(options: RemoteAdministrationOptions) {
    this.#options = options;
  }

  readonly execute: ExecuteAdmin = async ({name}, parameters, call) => {
    if (name === backup.name) return this.#backUp(parameters, call);
    const anchor = name === check.name ? await this.#openAnchor(parameters) : undefined;
    if (!anchor) return this.#ask(name, parameters, {call});
    return this.#ask(name, parameters, {call, anchor}).finally(() => anchor.close());
  };

  async #openAnchor(parameters: unknown): Promise<AnchorBatches | undefined> {
    try {
      const {anchor: path} = check.parse(parameters);
      return path === undefined ? undefined : new AnchorBatches(await openAnchor(path));
    } catch (error) {
      const {code, message} = adminFailure(error);
      this.#options.log.warn({operation: check.name, outcome: code, reason: message}, 'admin operation');
      throw error;
    }
  }

  /** The key process seals it. */
  async #backUp(parameters: unknown, call: AdminCall): Promise<unknown> {
    const {isSealed, log, ...place} = this.#options;
    const operation: AdminOperation<BackupParameters, BackupSummary, Administered> = {
      ...backup,
      run: (_administered, parsed, given) => runBackup(place, parsed, given),
    };
    try {
      return await executeOperation(operation, {management: {root: {isSealed}}, parameters, call, log});
    } catch (error) {
      // Where that is sealed, it says so itself.
      if (!(
        error instanceof AdminError &&
        error.reason === 'failed' &&
        error.cause instanceof UnavailableError
      ))
        throw error;
      throw new AdminError('failed', `${error.message} ${UNMADE}`, {cause: error});
    }
  }

  /** @throws AdminError alone */
  async #ask(name: string, parameters: unknown, command: RunningCommand): Promise<unknown> {
    const {keyProcess, log} = this.#options;
    const {signal} = command.call;
    signal.throwIfAborted();
    return this.#running.during(command, async (id) => {
      const stop = (): void => void keyProcess.stopAdmin(id, reasonOf(signal)).catch(() => undefined);
      signal.addEventListener('abort', stop);
      try {
        return await keyProcess.admin(name, parameters, id);
      } catch (error) {
        // The key process has logged it.
        if (error instanceof AdminError) throw error;
        const failure =
          error instanceof OutcomeUnknownError
            ? new AdminError('failed', ENDED, {cause: error})
            : adminFailure(error);
        log.error({operation: name, outcome: failure.reason, err: error}, 'admin operation');
        throw failure;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    });
  }
}

const UNMADE = 'No backup was made, and nothing is left of it.';
const ENDED =
  'The key process ended before it had answered, and is begun again. If something was to be changed, look whether it is, and ask again; a job goes on by itself.';

function reasonOf({reason}: AbortSignal): string {
  return reason instanceof AdminError ? reason.message : 'It was stopped.';
}
