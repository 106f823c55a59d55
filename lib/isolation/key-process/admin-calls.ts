import {AdminError, type AdminCall} from '../../admin/admin-operation.ts';
import {executeOperation} from '../../admin/execute-operation.ts';
import {errorCode} from '../../error-code.ts';
import type {KeyManagement} from '../../key-management.ts';
import type {HttpProcess, KeyProcess} from '../protocol/key-process-methods.ts';

type Reports = Pick<HttpProcess, 'adminReport' | 'adminWrite' | 'anchorLines'>;

/**
 * Operators' commands, which come over the admin socket of the HTTP process: it could give them by itself. So none is done that
 * hands keys over, or destroys what no backup of the database has.
 */
export function adminCalls(
  management: () => KeyManagement,
  http: Reports,
): Pick<KeyProcess, 'admin' | 'stopAdmin'> {
  const running = new Map<number, AbortController>();
  return {
    admin: async (name, parameters, call) => {
      const stopping = new AbortController();
      running.set(call, stopping);
      try {
        const {ADMIN_OPERATIONS} = await import('../../admin/operation-table.ts');
        // A backup takes files: the HTTP process makes it, and has it sealed here (backup-calls.ts).
        const operation = name === 'backup' ? undefined : ADMIN_OPERATIONS.get(name);
        if (!operation) throw new AdminError('invalid', 'There is no such operation.');
        const {log} = management();
        if (isWithheld(name, parameters)) {
          log.warn({operation: name, outcome: 'refused', reason: WITHHELD}, 'admin operation');
          throw new AdminError('refused', WITHHELD);
        }
        const adminCall: AdminCall = {
          report: (progress) => void http.adminReport(call, progress).catch(() => undefined),
          write: (line) => http.adminWrite(call, line),
          anchorLines: () => anchorLines(http, call, stopping.signal),
          signal: stopping.signal,
        };
        return await executeOperation(operation, {
          management: management(),
          parameters,
          call: adminCall,
          log,
        });
      } catch (error) {
        throw isConfined(error) ? new AdminError('refused', CONFINED, {cause: error}) : error;
      } finally {
        running.delete(call);
      }
    },
    stopAdmin: async (call, reason) => running.get(call)?.abort(new AdminError('failed', reason)),
  };
}

/** The file is the HTTP process's to read. */
async function* anchorLines(
  http: Pick<HttpProcess, 'anchorLines'>,
  call: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (let again = true; ; again = false) {
    signal.throwIfAborted();
    const {lines, end} = await http.anchorLines(call, again);
    yield* lines;
    if (end) return;
  }
}

const WITHHELD =
  'With WEBKMS_ISOLATION=process no running server does this: a command might come of who has taken the process that answers requests. Run it while the server is stopped.';

/** What outlasts who has taken the process that answers requests: whoever it has let in. */
const LETS_IN: ReadonlySet<string> = new Set(['root.add', 'ipc.add']);

/** Whoever knows a root of trust opens all keys; which of a token's keys are orphans is told by rows alone. */
function isWithheld(name: string, parameters: unknown): boolean {
  if (name !== 'hsm.reconcile') return LETS_IN.has(name);
  return typeof parameters === 'object' && parameters !== null && 'destroy' in parameters;
}

const CONFINED =
  'With WEBKMS_ISOLATION=process the key process, which does this, reaches no such file. Run the command while the server is stopped.';

/** Whether Node's permission model was the reason. */
function isConfined(error: unknown): boolean {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (errorCode(next) === 'ERR_ACCESS_DENIED') return true;
  }
  return false;
}
