import {OpenedScope} from '../sealing/key-hierarchy/opened-scope.ts';
import {openRootKeyBytes} from '../sealing/key-hierarchy/root-access.ts';
import {findScopeRecord} from '../sealing/key-hierarchy/scope-record.ts';
import type {IdentifiedRootWrapper, RootSet} from '../sealing/root-wrapper.ts';
import {isServersScope} from '../sealing/scopes.ts';
import {eachOf} from '../storage/each-of.ts';
import type {RootWrapperState, ScopeKeysRecord} from '../storage/key-hierarchy-store.ts';
import type {Stores} from '../storage/stores.ts';
import {failureMessage} from './failure-message.ts';
import type {Finding} from './finding.ts';
import type {Pacer} from './pacer.ts';

export interface CheckScopesOptions {
  readonly stores: Pick<Stores, 'keyHierarchy' | 'keystores'>;
  readonly roots: Pick<RootSet, 'opened'>;
  readonly pacer: Pacer;
}

/** Every scope's keys: each root key version opens by each root that is open, and each data key version by its root key. */
export async function* checkScopes(options: CheckScopesOptions): AsyncGenerator<Finding> {
  const {keyHierarchy} = options.stores;
  for await (const scope of eachOf((page) => keyHierarchy.listScopes(page))) {
    await options.pacer.step();
    const findings = await checkScope(scope, options);
    // What is changed while it is read may look wrong: only what is found again is.
    yield* findings.length > 0 ? await checkScope(scope, options) : findings;
  }
}

async function checkScope(scope: string, options: CheckScopesOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for await (const finding of findingsOfScope(scope, options)) findings.push(finding);
  } catch (error) {
    findings.push(found('error', scope, `They cannot be read: ${failureMessage(error)}.`));
  }
  return findings;
}

async function* findingsOfScope(scope: string, {stores, roots}: CheckScopesOptions): AsyncGenerator<Finding> {
  const record = await findScopeRecord(stores.keyHierarchy, scope);
  // Deleted since it was listed.
  if (!record) return;
  const states = new Map((await stores.keyHierarchy.listRootWrappers()).map(({id, state}) => [id, state]));
  const opened = roots.opened();
  for (const root of opened) {
    for (const message of await rootKeyTroubles(record, root, states.get(root.id))) {
      yield found('error', scope, message);
    }
  }
  for (const message of await dataKeyTroubles(record, opened)) yield found('error', scope, message);

  if (!isServersScope(scope) && !(await isKeystore(stores, scope))) {
    yield found('note', scope, 'They are of no keystore: one was not stored in the end, or was removed.');
  }
}

async function rootKeyTroubles(
  record: ScopeKeysRecord,
  root: IdentifiedRootWrapper,
  state: RootWrapperState | undefined,
): Promise<string[]> {
  const troubles: string[] = [];
  for (const version of record.rootKeyVersions) {
    const name = `The root key version ${version.version} (${version.id})`;
    if (version.sealed.every(({rootWrapperId}) => rootWrapperId !== root.id)) {
      if (state === 'active') troubles.push(`${name} is not sealed under the root wrapper ${root.id}.`);
      continue;
    }
    try {
      (await openRootKeyBytes(record, version, [root])).fill(0);
    } catch (error) {
      troubles.push(`${name} does not open by the root wrapper ${root.id}: ${failureMessage(error)}.`);
    }
  }
  return troubles;
}

async function dataKeyTroubles(
  record: ScopeKeysRecord,
  opened: readonly IdentifiedRootWrapper[],
): Promise<string[]> {
  const troubles: string[] = [];
  const scope = new OpenedScope(record, {opened: () => opened});
  try {
    for (const {purpose, versions} of record.dataKeys) {
      for (const {id, version} of versions) {
        try {
          await scope.version(purpose, id);
        } catch (error) {
          const name = `The version ${version} (${id}) of the data key for ${purpose}`;
          troubles.push(`${name} does not open: ${failureMessage(error)}.`);
        }
      }
    }
  } finally {
    scope.close();
  }
  return troubles;
}

async function isKeystore({keystores}: Pick<Stores, 'keystores'>, id: string): Promise<boolean> {
  try {
    return (await keystores.find(id)) !== undefined;
  } catch {
    // It is there, and cannot be read.
    return true;
  }
}

function found(severity: Finding['severity'], scope: string, message: string): Finding {
  return {severity, kind: 'keys', record: scope, message};
}
