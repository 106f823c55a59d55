import type {Logger} from 'pino';
import type {PendingErasures} from '../key-modules/pending-erasures.ts';
import type {KeyDefaults} from '../keys/key-defaults.ts';
import type {UseLimits} from '../keys/use-limits.ts';
import type {KeyRecordStore} from '../storage/key-record-store.ts';
import type {KeyModules} from './find-key-module.ts';
import type {ImportTokens} from './import-tokens.ts';

/** What operations on keys are made with. */
export interface KeyServiceOptions {
  readonly keys: KeyRecordStore;
  readonly uses: Pick<UseLimits, 'take' | 'limitRate' | 'find'>;
  readonly keyModules: KeyModules;
  /** How many keys a keystore may hold. */
  readonly keysPerKeystore: number;
  readonly defaults: KeyDefaults;
  readonly importTokens: ImportTokens;
  /** Where keys go that could not be erased now; absent: they are logged, and left. */
  readonly erasures?: Pick<PendingErasures, 'add'> | undefined;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The same, with a clock for certain. */
export interface KeyServiceParts extends KeyServiceOptions {
  readonly now: () => number;
}
