import type {Logger} from 'pino';
import {takeVariable} from './config/environment-secrets.ts';
import type {Settings} from './config/settings.ts';
import {collectReleasedKeys} from './collect-garbage.ts';
import {authenticatedStores} from './integrity/authenticated-stores.ts';
import {RecordAuthenticator} from './integrity/record-authenticator.ts';
import {eraseDestroyed} from './key-modules/erase-keys.ts';
import type {KeyModule} from './key-modules/key-module.ts';
import {PendingErasures} from './key-modules/pending-erasures.ts';
import {keyUrl} from './keys/key-url.ts';
import {UseLimits} from './keys/use-limits.ts';
import {JobRunner} from './maintenance/job-runner.ts';
import {KeyLifecycle} from './maintenance/key-lifecycle.ts';
import {NodeLeases} from './maintenance/node-leases.ts';
import {NodePresence} from './maintenance/node-presence.ts';
import {NO_METRICS, type Metrics} from './observability/metrics.ts';
import {nodeId} from './node-id.ts';
import {openKeyModules} from './open-key-modules.ts';
import {openStores} from './open-stores.ts';
import {ImportTokens} from './operations/import-tokens.ts';
import {KeyService} from './operations/key-service.ts';
import {KeyHierarchy} from './sealing/key-hierarchy/key-hierarchy.ts';
import {RootChanges} from './sealing/root-changes.ts';
import type {OtherProcess} from './sealing/root-of-trust-options.ts';
import {RootOfTrust} from './sealing/root-of-trust.ts';
import {RootWatch} from './sealing/root-watch.ts';
import {PURPOSES} from './sealing/scopes.ts';
import {rootWrapperSchemes} from './sealing/wrappers/schemes.ts';
import {promptSecret} from './sealing/wrappers/terminal-prompt.ts';
import type {WorkerStatus} from './processes/messages.ts';
import type {SelfCheckSource} from './self-check/self-check-report.ts';
import {assertServable, isServable} from './storage/store-mark.ts';
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
  /** Begun by who serves. */
  readonly rootWatch: RootWatch;
  readonly rootChanges: RootChanges;
  readonly hierarchy: KeyHierarchy;
  readonly authenticator: RecordAuthenticator;
  /** By the names that keystores use. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  /** What can be done with keys. */
  readonly keyService: KeyService;
  /** What is done with keys by themselves: begun by who serves. */
  readonly keyLifecycle: KeyLifecycle;
  readonly jobs: JobRunner;
  /** What one node does for all. */
  readonly nodeLeases: NodeLeases;
  /** Whether the program that serves is what was built; absent where it does not serve. */
  readonly selfCheck?: SelfCheckSource;
  /** The processes of the server that this one is a worker of; absent where it is alone. */
  readonly workers?: () => Promise<readonly WorkerStatus[]>;
}

export interface KeyManagementOptions {
  readonly log: Logger;
  /** Gets what is opened, to be closed in the reverse order; also where this function fails. */
  readonly closing: AsyncDisposableStack;
  readonly metrics?: Metrics;
  /** Asks a person for a passphrase. Default: at the terminal */
  readonly prompt?: (question: string) => Promise<Uint8Array>;
  /** Of a process that serves. */
  readonly selfCheck?: SelfCheckSource;
  /** The time of keys: milliseconds since the epoch. Default: the system's */
  readonly clock?: () => number;
  /** Of a server of several processes: which of them this is, and what the others have been given. */
  readonly worker?: {readonly number: number; readonly from: OtherProcess} | undefined;
  /** In place of those that the settings name; closed with what is opened. */
  readonly stores?: Stores;
  /** Who this server is among those on the store. Default: as the data directory says */
  readonly holder?: string;
}

/**
 * Opens the store, the roots of trust (as far as that can be done without an operator) and all that lies over them. The
 * caller holds the data directory's lock.
 * @throws StoreOpenError, RootOfTrustError, InvalidSchemaError
 */
export async function openKeyManagement(
  settings: Settings,
  {
    log,
    closing,
    metrics = NO_METRICS,
    prompt = promptSecret,
    clock = () => Date.now(),
    worker,
    selfCheck,
    ...given
  }: KeyManagementOptions,
): Promise<KeyManagement> {
  const stores = given.stores ?? (await openStores(settings, {log}));
  closing.defer(() => stores.close());
  const store = stores.keyHierarchy;
  await store.validateSchema();
  const holder = given.holder ?? (await nodeId(settings.dataDir, {worker: worker?.number ?? 0}));
  // Where it is refused, nothing was written.
  assertServable(await stores.transfer?.readMark());
  const root = await RootOfTrust.open({
    store,
    seedUri: settings.rootWrapper,
    // The process that answers requests reads the store for this one.
    ...(given.stores && {named: settings.otherRootWrappers}),
    secretSource: {takeVariable, prompt},
    schemes: rootWrapperSchemes({...settings.pkcs11, stateDir: settings.dataDir}),
    log,
    ...(worker && {from: worker.from}),
  });
  closing.defer(() => root.close());
  // Said before the mark is looked for again: who moves the store marks it first, and then looks who uses it.
  const presence = await NodePresence.begin({
    ...{leases: stores.leases, holder, log},
    onBeat: async () => {
      const mark = await stores.transfer?.readMark();
      if (isServable(mark) || root.isSealed()) return;
      log.fatal({mark}, 'the store is being moved away, or was: this server is sealed');
      await root.seal();
    },
  });
  closing.defer(() => presence.end());
  assertServable(await stores.transfer?.readMark());
  const hierarchy = new KeyHierarchy({store, roots: root, purposes: PURPOSES, log});
  closing.defer(() => hierarchy.close());
  const nodeLeases = new NodeLeases({leases: stores.leases, holder, log});
  const rootChanges = new RootChanges({
    ...{store, root, hierarchy, log},
    whileHeld: (work) => nodeLeases.whileHeld('root-changes', work),
  });

  const keyModules = await openKeyModules({
    ...{settings, wrappers: hierarchy, log, closing},
    onCache: (hit) => metrics.cache('keys', hit),
  });
  root.onSealedChange((sealed) => {
    if (!sealed) return;
    hierarchy.forget();
    for (const module of new Set(keyModules.values())) module.forget?.();
    collectReleasedKeys();
  });

  const authenticator = new RecordAuthenticator({wrappers: hierarchy});
  const requestStores = authenticatedStores(stores, {
    authenticator,
    refresh: () => hierarchy.refresh(),
    deleteScope: (scope) => hierarchy.deleteScope(scope),
    log,
  });

  const uses: UseLimits = new UseLimits({
    store: stores.keyUses,
    now: clock,
    onRotationDue: (id) => keyLifecycle.rotateUsedUp(id),
    onNoncesFew: (id, version) =>
      log.warn({key: keyUrl(id), version}, 'a key will soon encrypt no more: rotate it'),
  });
  const erasures = new PendingErasures({log});
  closing.defer(() => erasures.close());
  const keyService = new KeyService({
    keys: requestStores.keys,
    uses,
    keyModules,
    keysPerKeystore: settings.quotas.keysPerKeystore,
    defaults: settings.keyDefaults,
    erasures,
    importTokens: new ImportTokens({wrappers: hierarchy, replays: stores.replays, now: clock}),
    log,
    now: clock,
  });
  const keyLifecycle: KeyLifecycle = new KeyLifecycle({
    due: stores.keys,
    keys: requestStores.keys,
    uses: stores.keyUses,
    rotate: async ({keystoreId, localKeyId}, condition) => {
      const keystore = await requestStores.keystores.find(keystoreId);
      return keystore && keyService.rotate(keystore, localKeyId, {if: condition});
    },
    erase: (before, after) => {
      const findModule = async () => {
        const keystore = await requestStores.keystores.find(before.keystoreId);
        return keystore && keyModules.get(keystore.kmsModule);
      };
      return eraseDestroyed(before, after, {findModule, erasures, log});
    },
    ping: () => stores.ping(),
    isSealed: () => root.isSealed(),
    mayRun: (...round) => nodeLeases.mayRun(...round),
    onEvent: (event) => metrics.keyLifecycle(event),
    log,
    clock,
  });
  closing.defer(() => keyLifecycle.close());
  const jobs = new JobRunner({
    stores,
    hierarchy,
    authenticator,
    keyModules,
    log,
    pace: {rate: settings.rewrapRate},
    nodeId: holder,
  });
  closing.defer(() => jobs.close());
  await jobs.assertAllRewrapped();
  return {
    settings,
    log,
    stores,
    requestStores,
    root,
    rootWatch: new RootWatch({root, log}),
    rootChanges,
    hierarchy,
    authenticator,
    keyModules,
    keyService,
    keyLifecycle,
    jobs,
    nodeLeases,
    ...(selfCheck && {selfCheck}),
  };
}
