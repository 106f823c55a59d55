import {DuplicateError} from '../../lib/errors.ts';
import type {
  KeyHierarchyStore,
  RootWrapperRecord,
  ScopeKeysRecord,
} from '../../lib/storage/key-hierarchy-store.ts';

type StoreMethod = 'listRootWrappers' | 'insertFirstRootWrapper' | 'findScope' | 'insertScope';

/** Keeps to the interface's contract in memory, with copies in and out. Tests edit `scopes` behind its back. */
export class MemoryKeyHierarchyStore implements KeyHierarchyStore {
  readonly rootWrappers: RootWrapperRecord[] = [];
  readonly scopes = new Map<string, ScopeKeysRecord>();
  /** How often `findScope` was called. */
  reads = 0;
  /** Awaited before each call does anything: lets a test hold calls back, or make them fail. */
  gate: (method: StoreMethod) => Promise<void> = () => Promise.resolve();

  async listRootWrappers(): Promise<readonly RootWrapperRecord[]> {
    await this.gate('listRootWrappers');
    return structuredClone(this.rootWrappers);
  }

  async insertFirstRootWrapper(record: RootWrapperRecord): Promise<boolean> {
    await this.gate('insertFirstRootWrapper');
    if (this.rootWrappers.length > 0) return false;
    this.rootWrappers.push(structuredClone(record));
    return true;
  }

  async findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    this.reads++;
    await this.gate('findScope');
    return structuredClone(this.scopes.get(scope));
  }

  async insertScope(record: ScopeKeysRecord): Promise<void> {
    await this.gate('insertScope');
    if (this.scopes.has(record.scope)) throw new DuplicateError('The scope has keys.');
    this.scopes.set(record.scope, structuredClone(record));
  }
}
