import type {Logger} from 'pino';
import type {KeyManagement} from '../key-management.ts';
import {adminFailure} from './admin-failure.ts';
import {AdminError, type AdminCall, type AdminOperation} from './admin-operation.ts';

export type AnyAdminOperation = AdminOperation<unknown, unknown>;

/** What every operation is on, wherever its parts are. */
export interface Administered {
  readonly root: Pick<KeyManagement['root'], 'isSealed'>;
}

/**
 * Runs an operation. The log gets its name and how it ended, never its parameters, which may be secrets.
 * @throws AdminError alone
 */
export async function executeOperation<Management extends Administered>(
  operation: AdminOperation<unknown, unknown, Management>,
  {
    management,
    parameters,
    call,
    log,
  }: {
    readonly management: Management;
    readonly parameters: unknown;
    readonly call: AdminCall;
    readonly log: Logger;
  },
): Promise<unknown> {
  const {name} = operation;
  const startedAt = performance.now();
  const ms = (): number => Math.round(performance.now() - startedAt);
  try {
    const parsed = operation.parse(parameters);
    if (!operation.whileSealed && management.root.isSealed()) {
      throw new AdminError('sealed', 'The server is sealed. Before this: webkms admin unseal');
    }
    log.debug({operation: name}, 'admin operation begins');
    const result = await operation.run(management, parsed, call);
    log.info({operation: name, outcome: 'done', ms: ms()}, 'admin operation');
    return result;
  } catch (error) {
    const stopped = call.signal.aborted && !(error instanceof AdminError);
    const failure = stopped
      ? new AdminError('failed', 'It was stopped.', {cause: error})
      : adminFailure(error);
    const unforeseen = !stopped && failure.reason === 'failed' && failure.cause !== undefined;
    log[unforeseen ? 'error' : 'warn'](
      {
        operation: name,
        outcome: stopped ? 'stopped' : failure.reason,
        ms: ms(),
        ...(unforeseen ? {err: failure.cause} : {reason: failure.message}),
      },
      'admin operation',
    );
    throw failure;
  }
}
