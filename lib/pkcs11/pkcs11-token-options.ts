import type {TokenName} from './find-slot.ts';
import type {SessionPoolLimits} from './session-pool.ts';
import type {TokenLog} from './token-connection.ts';

export interface Pkcs11TokenOptions {
  /** Path of the library. */
  readonly library: string;
  readonly token: TokenName;
  /** Path of a private file: one line. */
  readonly pinFile: string;
  /** Directory in which a refused PIN is remembered, so that it is not tried twice; all processes of a server have the same. */
  readonly stateDir: string;
  /** Operations at the same time, each in a thread and a session of its own. Default: 4 */
  readonly sessions?: number;
  /** What an operation may take, but the making of keys. Default: 10,000 */
  readonly timeLimitMs?: number;
  /** How many operations wait at most, of one keystore and of all. */
  readonly limits?: SessionPoolLimits;
  readonly log?: TokenLog;
}
