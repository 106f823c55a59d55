import {UnavailableError} from '../errors.ts';
import {OpenedScope} from '../sealing/key-hierarchy/opened-scope.ts';
import {findScopeRecord} from '../sealing/key-hierarchy/scope-record.ts';
import {openStoredSealer} from '../sealing/key-hierarchy/stored-sealers.ts';
import type {RootSet} from '../sealing/root-wrapper.ts';
import {ROOT_SEALER_PURPOSE, ROOTS_SCOPE} from '../sealing/scopes.ts';
import {SealedBlobError} from '../sealing/wrapper.ts';
import type {KeyHierarchyStore, RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {failureMessage} from './failure-message.ts';
import type {Finding} from './finding.ts';

export interface CheckRootsOptions {
  readonly store: KeyHierarchyStore;
  readonly roots: Pick<RootSet, 'opened'>;
}

/** Each root wrapper's record, against the root itself where that is open, and against the sealer that is kept of it. */
export async function* checkRoots({store, roots}: CheckRootsOptions): AsyncGenerator<Finding> {
  const records = await store.listRootWrappers();
  const opened = roots.opened();
  const several = records.length > 1;
  for (const root of records) {
    const wrapper = opened.find(({id}) => id === root.id)?.wrapper;
    const found = (severity: Finding['severity'], message: string): Finding => ({
      ...{severity, kind: 'root-wrapper', record: `${root.id} (${root.uri})`, message},
    });
    if (root.state !== 'active') yield found('note', `It is ${root.state}.`);
    if (!wrapper) {
      yield found('note', 'It is not open: what is sealed under it was not opened.');
    } else if (wrapper.keyId !== root.wrapperKeyId || wrapper.parameters !== root.parameters) {
      yield found('error', 'Its record is not that of the root which is open.');
    }
    // The server stores a sealer of each when a second root is added: nobody else can make one.
    if (several && root.state !== 'retiring' && !root.sealer) {
      yield found(
        'error',
        'It has no sealer, though there are several roots: one was not added by the server.',
      );
    }
    const message = await sealerTrouble(root, {store, roots});
    if (message === undefined) continue;
    // It may have been sealed anew since it was read.
    const now = (await store.listRootWrappers()).find(({id}) => id === root.id);
    const still = now && (await sealerTrouble(now, {store, roots}));
    if (still !== undefined) yield found('error', `Its sealer does not open: ${still}.`);
  }
}

async function sealerTrouble(
  root: RootWrapperRecord,
  {store, roots}: CheckRootsOptions,
): Promise<string | undefined> {
  const {sealer} = root;
  if (!sealer) return undefined;
  const {dataKeyVersionId} = sealer;
  try {
    const scope = await findScopeRecord(store, ROOTS_SCOPE);
    const version =
      scope && (await new OpenedScope(scope, roots).version(ROOT_SEALER_PURPOSE, dataKeyVersionId));
    if (!version) return 'the key version that it names is not there';
    const opened = await openStoredSealer(
      {
        keyId: version.id,
        open: async (blob, additionalData) => version.open(blob, additionalData),
        seal: async () => {
          throw new UnavailableError('Nothing is sealed here.');
        },
      },
      root,
      sealer.blob,
    );
    opened.close();
    if (opened.keyId !== root.wrapperKeyId) throw new SealedBlobError();
    return undefined;
  } catch (error) {
    return failureMessage(error);
  }
}
