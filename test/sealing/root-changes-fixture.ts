import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {KeyHierarchy} from '../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {RootChanges} from '../../lib/sealing/root-changes.ts';
import {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import type {RootStatus} from '../../lib/sealing/root-status.ts';
import type {RootWrapper, RootWrapperScheme} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {ROOT_WRAPPER_SCHEMES} from '../../lib/sealing/wrappers/schemes.ts';
import type {KeyHierarchyStore} from '../../lib/storage/key-hierarchy-store.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {MemoryKeyHierarchyStore} from './memory-key-hierarchy-store.ts';
import {FakeSecrets} from './secrets-fixture.ts';
import {useTempDir} from './temp-dir.ts';

const PURPOSE = 'key-material';
const PLACE = Buffer.from('record 1');
const scopeName = (i: number): string => `https://localhost/kms/keystores/z${i}`;

/** Fails the call of that number, counted from 0. A process that died makes no later calls either. */
export interface Fault {
  readonly at: number;
  /** Whether the call does its work first, and only its answer is lost. */
  readonly after: boolean;
  readonly dies: boolean;
}

export class FaultPlan {
  calls = 0;
  fault: Fault | undefined;

  wrap<T extends object>(target: T, counts: (name: string) => boolean): T {
    const call = async (work: () => unknown): Promise<unknown> => {
      const {fault} = this;
      const index = this.calls++;
      const hits = fault !== undefined && (index === fault.at || (fault.dies && index > fault.at));
      if (!hits) return work();
      if (fault.after && index === fault.at) await work();
      throw new UnavailableError('Injected fault.');
    };
    return new Proxy(target, {
      get: (from, name) => {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value !== 'function') return value;
        const method = value.bind(from) as (...args: unknown[]) => unknown;
        if (typeof name === 'symbol' || !counts(name)) return method;
        return (...args: unknown[]) => call(() => method(...args));
      },
    });
  }
}

/** A server process on the fixture's store. */
export interface Process {
  readonly root: RootOfTrust;
  readonly hierarchy: KeyHierarchy;
  readonly changes: RootChanges;
  stop(): Promise<void>;
}

export class RootChangesFixture {
  readonly path: (name: string) => string;
  memory = new MemoryKeyHierarchyStore();
  store: KeyHierarchyStore = this.memory;
  lines: {readonly level: string; readonly message: string; readonly fields: object}[] = [];
  secrets = new FakeSecrets();
  /** Faults of the store, and of root wrappers. */
  storeFaults = new FaultPlan();
  rootFaults = new FaultPlan();
  #sealed: {readonly scope: string; readonly blob: Uint8Array}[] = [];
  #processes: Process[] = [];

  constructor(path: (name: string) => string) {
    this.path = path;
  }

  uri(name: string): string {
    return `file:${this.path(name)}`;
  }

  async start(seedUri = this.uri('first.key')): Promise<Process> {
    const log = {
      info: (fields: object, message: string) => void this.lines.push({level: 'info', fields, message}),
      warn: (fields: object, message: string) => void this.lines.push({level: 'warn', fields, message}),
    };
    const store = this.storeFaults.wrap(this.store, () => true);
    const root = await RootOfTrust.open({
      store,
      seedUri,
      log,
      secretSource: this.secrets,
      schemes: this.#schemes(),
    });
    const hierarchy = new KeyHierarchy({store, roots: root, purposes: [PURPOSE]});
    const stopListening = root.onSealedChange((sealed) => {
      if (sealed) hierarchy.forget();
    });
    const stop = async (): Promise<void> => {
      stopListening();
      await hierarchy.close();
      await root.close();
    };
    const process = {root, hierarchy, changes: new RootChanges({store, root, hierarchy, log}), stop};
    this.#processes.push(process);
    return process;
  }

  /** The process dies, with whatever it does, and another is started. */
  async restart(seedUri?: string): Promise<Process> {
    this.storeFaults = new FaultPlan();
    this.rootFaults = new FaultPlan();
    await this.stopAll();
    return this.start(seedUri);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    this.#processes = [];
  }

  /** Makes scopes, and seals something under each. */
  async sealSome({hierarchy}: Process, count = 3): Promise<void> {
    for (let i = 0; i < count; i++) {
      const scope = scopeName(this.#sealed.length);
      const wrapper = await hierarchy.wrapperFor(scope, PURPOSE, {create: true});
      this.#sealed.push({scope, blob: await wrapper.seal(Buffer.from(scope), PLACE)});
    }
  }

  /** Whatever was sealed opens, with no key from before. */
  async expectAllOpen({hierarchy}: Process): Promise<void> {
    hierarchy.forget();
    expect(this.#sealed).to.not.be.empty;
    for (const {scope, blob} of this.#sealed) {
      const wrapper = await hierarchy.wrapperFor(scope, PURPOSE);
      expect(Buffer.from(await wrapper.open(blob, PLACE)).toString()).to.equal(scope);
    }
  }

  async reset(): Promise<void> {
    await this.stopAll();
    Object.assign(this, new RootChangesFixture(this.path));
    this.#sealed = [];
  }

  /** `file:`, with faults; the others as they are. */
  #schemes(): ReadonlyMap<string, RootWrapperScheme> {
    const wrap = (wrapper: RootWrapper): RootWrapper =>
      this.rootFaults.wrap(wrapper, (name) => ['seal', 'open', 'check'].includes(name));
    const faulty: RootWrapperScheme = {
      normalize: (uri) => FileWrapper.normalize(uri),
      open: async (uri) => wrap(await FileWrapper.open(uri)),
      create: async (uri) => wrap(await FileWrapper.create(uri)),
    };
    return new Map([...ROOT_WRAPPER_SCHEMES, ['file', faulty]]);
  }
}

/** An empty directory and an empty store for each test of the surrounding `describe`: in memory, or in a database. */
export function useRootChanges({backend = 'memory'}: {readonly backend?: Backend} = {}): RootChangesFixture {
  const fixture = new RootChangesFixture(useTempDir());
  let stores: SqliteStores | undefined;
  beforeEach(async () => {
    if (backend === 'memory') return;
    stores = await SqliteStores.open({path: fixture.path('webkms.db')});
    fixture.store = stores.keyHierarchy;
  });
  afterEach(async () => {
    await fixture.reset();
    await stores?.close();
  });
  return fixture;
}

export type Backend = 'memory' | 'sqlite';

export function rootStates({changes}: Process): string[] {
  return changes.list().map(({kind, state, open}) => `${kind} ${state} ${String(open)}`);
}

export function onlyRoot({changes}: Process): RootStatus {
  const [status, ...others] = changes.list();
  if (!status || others.length > 0) throw new Error('There is not just one root.');
  return status;
}
