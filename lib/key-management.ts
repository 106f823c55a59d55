import type {Logger} from 'pino';
import type {Settings} from './config/settings.ts';
import type {RecordAuthenticator} from './integrity/record-authenticator.ts';
import type {KeyModule} from './key-modules/key-module.ts';
import type {JobRunner} from './maintenance/job-runner.ts';
import type {KeyHierarchy} from './sealing/key-hierarchy/key-hierarchy.ts';
import type {RootChanges} from './sealing/root-changes.ts';
import type {RootOfTrust} from './sealing/root-of-trust.ts';
import type {RequestStores, Stores} from './storage/stores.ts';

/** Everything between the database and the requests: what the server and the operator's commands work on. */
export interface KeyManagement {
  readonly settings: Settings;
  readonly log: Logger;
  /** The backend as it is: for maintenance. */
  readonly stores: Stores;
  /** What the backend gives, verified: for requests. */
  readonly requestStores: RequestStores;
  readonly root: RootOfTrust;
  readonly rootChanges: RootChanges;
  readonly hierarchy: KeyHierarchy;
  readonly authenticator: RecordAuthenticator;
  /** By the names that keystores use. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  readonly jobs: JobRunner;
}
