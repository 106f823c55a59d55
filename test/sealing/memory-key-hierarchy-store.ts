import {DuplicateError, MalformedRequestError} from '../../lib/errors.ts';
import {KeyInUseError, KeyNotFoundError, RootsChangedError} from '../../lib/storage/key-errors.ts';
import type {
  DataKeyVersionReferencer,
  KeyHierarchyStore,
  ResealedDataKeyVersion,
  RootKeyVersionRecord,
  RootWrapperRecord,
  RootWrapperState,
  ScopeKeysAddition,
  ScopeKeysRecord,
  SealedUnderDataKey,
} from '../../lib/storage/key-hierarchy-store.ts';
import type {Page} from '../../lib/storage/keystore-config-store.ts';
import {defect, idsOf, ScopeRules} from './memory-key-hierarchy-rules.ts';

type StoreMethod = keyof KeyHierarchyStore;

interface RootWrapperChange {
  readonly from: RootWrapperState;
  readonly to: RootWrapperState;
  readonly sealer?: SealedUnderDataKey;
  readonly uri?: string;
}

type Sealed = RootKeyVersionRecord['sealed'][number];

function inUse(is: boolean, why: string): void {
  if (is) throw new KeyInUseError(why);
}

function requireCount(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw defect('There is no such limit.');
  return limit;
}

const dataKeyVersionIds = ({dataKeys}: ScopeKeysRecord): readonly string[] =>
  dataKeys.flatMap(({versions}) => versions.map(({id}) => id));

/** Keeps to the interface's contract in memory, with copies in and out. Tests edit `scopes` behind its back. */
export class MemoryKeyHierarchyStore implements KeyHierarchyStore {
  readonly rootWrappers: RootWrapperRecord[] = [];
  readonly scopes = new Map<string, ScopeKeysRecord>();
  /** Ids of data key versions that an application's records name. */
  readonly references = new Set<string>();
  collectionVersion = 0;
  /** Scopes in order of creation; one that was made again counts where it is last. */
  readonly #order: string[] = [];
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
    this.#insertRootWrapper(record);
    return true;
  }

  async insertRootWrapper(record: RootWrapperRecord): Promise<void> {
    await this.gate('insertRootWrapper');
    this.#insertRootWrapper(record);
  }

  async updateRootWrapper(id: string, {from, to, ...change}: RootWrapperChange): Promise<boolean> {
    await this.gate('updateRootWrapper');
    const index = this.rootWrappers.findIndex((each) => each.id === id && each.state === from);
    const record = this.rootWrappers[index];
    if (!record) return false;
    this.#requireSealer(change.sealer);
    const {sealed, total} = this.#count(({rootWrapperId}) => rootWrapperId === id);
    const {sealed: byOthers} = this.#count(
      ({rootWrapperId}) => rootWrapperId !== id && this.#isActive(rootWrapperId),
    );
    if (from !== to) {
      inUse(to === 'adding' && from === 'active', 'It can only be retired.');
      inUse(to === 'active' && sealed < total, 'Not every root key is sealed under it.');
      const others = this.rootWrappers.filter((each) => each.id !== id);
      inUse(to === 'retiring' && !others.some(({state}) => state === 'active'), 'No other is active.');
      inUse(to === 'retiring' && byOthers < total, 'Not every root key is sealed under another.');
    }
    this.rootWrappers[index] = structuredClone({...record, ...change, state: to});
    this.collectionVersion++;
    return true;
  }

  async deleteRootWrapper(id: string): Promise<boolean> {
    await this.gate('deleteRootWrapper');
    const index = this.rootWrappers.findIndex((each) => each.id === id);
    if (index === -1) return false;
    inUse(this.#isActive(id), 'It is active.');
    inUse(this.#count(({rootWrapperId}) => rootWrapperId === id).sealed > 0, 'Something is sealed under it.');
    this.rootWrappers.splice(index, 1);
    this.collectionVersion++;
    return true;
  }

  async listScopesLacking(rootWrapperId: string, {limit}: {limit: number}): Promise<readonly string[]> {
    await this.gate('listScopesLacking');
    const lacks = ({sealed}: RootKeyVersionRecord): boolean =>
      sealed.every((each) => each.rootWrapperId !== rootWrapperId);
    const lacking = [...this.scopes.values()].filter(({rootKeyVersions}) => rootKeyVersions.some(lacks));
    return lacking.slice(0, requireCount(limit)).map(({scope}) => scope);
  }

  async countSealed(rootWrapperId: string): Promise<{sealed: number; total: number}> {
    await this.gate('countSealed');
    return this.#count((each) => each.rootWrapperId === rootWrapperId);
  }

  async insertSealedRootKeys(
    rootWrapperId: string,
    sealed: readonly {readonly rootKeyVersionId: string; readonly blob: Uint8Array}[],
  ): Promise<void> {
    await this.gate('insertSealedRootKeys');
    const wrapper = this.rootWrappers.find(({id}) => id === rootWrapperId);
    if (!wrapper) throw new KeyNotFoundError('There is no such root wrapper.');
    if (wrapper.state === 'retiring') throw new RootsChangedError('It is being retired.');
    if (sealed.some(({blob}) => blob.length === 0)) throw defect('A blob is empty.');
    this.#editSealed((all, id) => {
      const blob = sealed.find(({rootKeyVersionId}) => rootKeyVersionId === id)?.blob;
      if (!blob || all.some((each) => each.rootWrapperId === rootWrapperId)) return all;
      return [...all, {rootWrapperId, blob}];
    });
  }

  async deleteSealedRootKeys(rootWrapperId: string, {limit}: {limit: number}): Promise<number> {
    await this.gate('deleteSealedRootKeys');
    inUse(this.#isActive(rootWrapperId), 'It is active.');
    let left = requireCount(limit);
    return this.#editSealed((all) => {
      const others = all.filter((each) => each.rootWrapperId !== rootWrapperId);
      if (others.length === all.length || left-- <= 0) return all;
      inUse(!others.some((each) => this.#isActive(each.rootWrapperId)), 'Nothing else has it sealed.');
      return others;
    });
  }

  async findScope(scope: string): Promise<ScopeKeysRecord | undefined> {
    this.reads++;
    await this.gate('findScope');
    return structuredClone(this.scopes.get(scope));
  }

  async listScopes({limit, cursor}: {limit: number; cursor?: string | undefined}): Promise<Page<string>> {
    await this.gate('listScopes');
    this.#noteOrder();
    if (cursor !== undefined && !/^m\d+$/.test(cursor)) throw new MalformedRequestError('No such cursor.');
    const from = cursor === undefined ? 0 : Number(cursor.slice(1));
    const following = this.#order
      .map((scope, position) => ({scope, position}))
      .filter(({scope, position}) => position >= from && this.scopes.has(scope))
      .filter(({scope, position}) => this.#order.lastIndexOf(scope) === position);
    const results = following.slice(0, requireCount(limit)).map(({scope}) => scope);
    const next = following[limit];
    return next ? {results, cursor: `m${next.position}`} : {results};
  }

  async insertScope(record: ScopeKeysRecord): Promise<void> {
    await this.gate('insertScope');
    if (this.scopes.has(record.scope)) throw new DuplicateError('The scope has keys.');
    const added = this.#rules().first(structuredClone(record));
    this.#noteOrder();
    this.#order.push(record.scope);
    this.#store(added);
  }

  async addKeys(scope: string, addition: ScopeKeysAddition): Promise<void> {
    await this.gate('addKeys');
    const record = this.scopes.get(scope);
    if (!record) throw new KeyNotFoundError('There is no such scope.');
    this.#store(this.#rules().add(record, structuredClone(addition)));
  }

  async resealDataKeyVersions(scope: string, resealed: readonly ResealedDataKeyVersion[]): Promise<number> {
    await this.gate('resealDataKeyVersions');
    const record = this.scopes.get(scope);
    if (!record) return 0;
    let count = 0;
    const numberOf = (id: string): number => {
      const version = record.rootKeyVersions.find((each) => each.id === id)?.version;
      if (version === undefined) throw new KeyNotFoundError('There is no such root key version.');
      return version;
    };
    const dataKeys = record.dataKeys.map((dataKey) => ({
      ...dataKey,
      versions: dataKey.versions.map((stored) => {
        const replacement = resealed.find(({id}) => id === stored.id);
        if (!replacement || !Buffer.from(stored.blob).equals(replacement.replacedBlob)) return stored;
        const {rootKeyVersionId, blob} = replacement;
        const newer = numberOf(rootKeyVersionId) > numberOf(stored.rootKeyVersionId);
        if (!newer || blob.length === 0) throw defect('It is sealed again by a newer version only.');
        count++;
        return {...stored, rootKeyVersionId, blob: structuredClone(blob)};
      }),
    }));
    if (count > 0) this.#store({...record, dataKeys});
    return count;
  }

  async deleteDataKeyVersion(id: string): Promise<boolean> {
    await this.gate('deleteDataKeyVersion');
    const record = this.#find((each) => dataKeyVersionIds(each).includes(id));
    if (!record) return false;
    inUse(this.#referenced(id), 'Something is sealed under it.');
    const dataKeys = record.dataKeys.map((dataKey) => {
      inUse(dataKey.versions.at(-1)?.id === id, 'It is the newest.');
      return {...dataKey, versions: dataKey.versions.filter((each) => each.id !== id)};
    });
    this.#store({...record, dataKeys});
    return true;
  }

  async deleteRootKeyVersion(id: string): Promise<boolean> {
    await this.gate('deleteRootKeyVersion');
    const record = this.#find(({rootKeyVersions}) => rootKeyVersions.some((each) => each.id === id));
    if (!record) return false;
    inUse(record.rootKeyVersions.at(-1)?.id === id, 'It is the newest.');
    const versions = record.dataKeys.flatMap((dataKey) => dataKey.versions);
    inUse(
      versions.some(({rootKeyVersionId}) => rootKeyVersionId === id),
      'A data key is sealed under it.',
    );
    this.#store({...record, rootKeyVersions: record.rootKeyVersions.filter((each) => each.id !== id)});
    return true;
  }

  async deleteScope(scope: string): Promise<boolean> {
    await this.gate('deleteScope');
    const record = this.scopes.get(scope);
    if (!record) return false;
    inUse(
      dataKeyVersionIds(record).some((id) => this.#referenced(id)),
      'Something is sealed under its keys.',
    );
    this.scopes.delete(scope);
    this.collectionVersion++;
    return true;
  }

  async listReferenced(dataKeyVersionIds: readonly string[]): Promise<readonly string[]> {
    await this.gate('listReferenced');
    return [...new Set(dataKeyVersionIds)].filter((id) => this.#referenced(id));
  }

  async listDataKeyVersionReferencers(): Promise<readonly DataKeyVersionReferencer[]> {
    await this.gate('listDataKeyVersionReferencers');
    return [{name: 'root_wrapper.sealer_key_version', restricts: true}];
  }

  async readCollectionVersion(): Promise<number> {
    await this.gate('readCollectionVersion');
    return this.collectionVersion;
  }

  async validateSchema(): Promise<void> {
    await this.gate('validateSchema');
  }

  /** Takes in scopes that a test has put in behind the store's back. */
  #noteOrder(): void {
    for (const scope of this.scopes.keys()) if (!this.#order.includes(scope)) this.#order.push(scope);
  }

  #rules(): ScopeRules {
    return new ScopeRules(this.rootWrappers, new Set([...this.scopes.values()].flatMap(idsOf)));
  }

  #store(record: ScopeKeysRecord): void {
    this.scopes.set(record.scope, record);
    this.collectionVersion++;
  }

  #insertRootWrapper(record: RootWrapperRecord): void {
    const {id, wrapperKeyId, state, sealer} = record;
    if (this.rootWrappers.some((each) => each.id === id || each.wrapperKeyId === wrapperKeyId)) {
      throw new DuplicateError('There is such a root wrapper.');
    }
    this.#requireSealer(sealer);
    if (state === 'retiring' || (state === 'active' && this.scopes.size > 0)) {
      throw defect('A new one is adding, or active where there are no keys yet.');
    }
    this.rootWrappers.push(structuredClone(record));
    this.collectionVersion++;
  }

  #requireSealer(sealer: SealedUnderDataKey | undefined): void {
    if (!sealer) return;
    const isThere = this.#find((each) => dataKeyVersionIds(each).includes(sealer.dataKeyVersionId));
    if (!isThere) throw new KeyNotFoundError('There is no such version.');
    if (sealer.blob.length === 0) throw defect('A blob is empty.');
  }

  #isActive(rootWrapperId: string): boolean {
    return this.rootWrappers.some(({id, state}) => id === rootWrapperId && state === 'active');
  }

  #count(isSuch: (sealed: Sealed) => boolean): {sealed: number; total: number} {
    const versions = [...this.scopes.values()].flatMap(({rootKeyVersions}) => rootKeyVersions);
    return {sealed: versions.filter(({sealed}) => sealed.some(isSuch)).length, total: versions.length};
  }

  /** @returns how many root key versions are sealed otherwise now */
  #editSealed(edit: (sealed: readonly Sealed[], rootKeyVersionId: string) => readonly Sealed[]): number {
    let count = 0;
    const edited = [...this.scopes.values()].map((record) => ({
      ...record,
      rootKeyVersions: record.rootKeyVersions.map((version) => {
        const sealed = edit(version.sealed, version.id);
        if (sealed !== version.sealed) count++;
        return {...version, sealed};
      }),
    }));
    for (const record of edited) this.scopes.set(record.scope, record);
    if (count > 0) this.collectionVersion++;
    return count;
  }

  #find(isSuch: (record: ScopeKeysRecord) => boolean): ScopeKeysRecord | undefined {
    return [...this.scopes.values()].find(isSuch);
  }

  #referenced(dataKeyVersionId: string): boolean {
    const sealers = this.rootWrappers.map(({sealer}) => sealer?.dataKeyVersionId);
    return this.references.has(dataKeyVersionId) || sealers.includes(dataKeyVersionId);
  }
}
