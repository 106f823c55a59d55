import type {KeyAdministration} from '../sealing/key-administration.ts';
import {ROOTS_SCOPE} from '../sealing/scopes.ts';
import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import {isUnder, type RewrapBatch, type SealedData} from './sealed-data.ts';

/** The sealers of root wrappers. The hierarchy itself rewraps them, with the keys of its own scope. */
export class SealedRootSealers implements SealedData {
  readonly kind = 'root sealer';
  readonly referencers = ['root_wrapper.sealer_key_version'];
  readonly #store: KeyHierarchyStore;
  readonly #hierarchy: Pick<KeyAdministration, 'rewrapKeys'>;

  constructor({
    store,
    hierarchy,
  }: {
    readonly store: KeyHierarchyStore;
    readonly hierarchy: Pick<KeyAdministration, 'rewrapKeys'>;
  }) {
    this.#store = store;
    this.#hierarchy = hierarchy;
  }

  async countUnder(scope: string, dataKeyVersionIds: readonly string[]): Promise<number> {
    if (scope !== ROOTS_SCOPE) return 0;
    const roots = await this.#store.listRootWrappers();
    return roots.filter(({sealer}) => sealer && isUnder(dataKeyVersionIds, sealer)).length;
  }

  async rewrap(scope: string, dataKeyVersionIds: readonly string[]): Promise<RewrapBatch> {
    const before = await this.countUnder(scope, dataKeyVersionIds);
    if (before === 0) return {resealed: 0, conflicts: 0, failed: []};
    await this.#hierarchy.rewrapKeys(scope);
    const conflicts = await this.countUnder(scope, dataKeyVersionIds);
    return {resealed: before - conflicts, conflicts, failed: []};
  }
}
