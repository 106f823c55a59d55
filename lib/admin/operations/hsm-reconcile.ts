import {createHash} from 'node:crypto';
import {Pacer} from '../../integrity/pacer.ts';
import {isOrphan, reconcileHeldKeys, type OrphanKey} from '../../maintenance/reconcile-held-keys.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {readSightings, updateSightings, writeSightings, type Sightings} from '../orphan-sightings.ts';
import {optionalText, readParameters} from '../parameters.ts';

/** A key that is being made is an orphan until its record is stored: for a fraction of a second, or of some minutes. */
const MIN_AGE_MS = 60 * 60 * 1000;

export interface HsmReconcileParameters {
  /** What was given as `confirm` for the orphans that are to be destroyed. */
  readonly destroy?: string;
}

export interface ListedOrphan {
  /** `<module>:<keystore>/<key>#<version>` */
  readonly name: string;
  /** When it was first seen to be one, as an ISO 8601 date-time. */
  readonly firstSeen: string;
  /** Whether that is long enough ago. */
  readonly destroyable: boolean;
}

export interface HsmReconcileResult {
  /** How many keys the modules hold. */
  readonly held: number;
  readonly orphans: readonly ListedOrphan[];
  /** Names of keys of keystores that this server does not have. */
  readonly unknown: readonly string[];
  readonly missing: readonly {readonly key: string; readonly version: number}[];
  /** Stands for just those orphans that are destroyable; absent where there is none. */
  readonly confirm?: string;
  readonly destroyed: number;
}

interface NamedOrphan extends OrphanKey {
  readonly name: string;
  /** The name, and which object it is: there may be two of a name. */
  readonly identity: string;
}

/** Compares what HSMs hold with what key records refer to; destroys orphans that are confirmed, and were orphans an hour ago. */
export const hsmReconcile: AdminOperation<HsmReconcileParameters, HsmReconcileResult> = {
  name: 'hsm.reconcile',
  whileSealed: false,

  parse(parameters) {
    const destroy = optionalText(readParameters(parameters, ['destroy']), 'destroy', 64);
    return destroy === undefined ? {} : {destroy};
  },

  async run({settings: {dataDir}, stores, keyModules}, {destroy}, {report, signal}) {
    if (![...keyModules.values()].some(({held}) => held !== undefined))
      throw new AdminError('refused', 'No key module that this server offers keeps keys of its own.');
    const pacer = new Pacer({step: 'comparing keys', report, signal});
    const found = await reconcileHeldKeys({stores, keyModules, onRecord: () => pacer.step()});
    pacer.finish();
    const now = Date.now();
    const orphans = found.orphans.map(named);
    const sightings = updateSightings(
      await readSightings(dataDir),
      orphans.map(({identity}) => identity),
      now,
    );
    await writeSightings(dataDir, sightings);
    const old = orphans.filter(({identity}) => now - (sightings.get(identity) ?? now) >= MIN_AGE_MS);
    const confirm = digest(old);
    if (destroy !== undefined && destroy !== confirm)
      throw new AdminError(
        'refused',
        'The orphans are not those that were confirmed. Nothing was destroyed.',
      );
    let destroyed = 0;
    for (const orphan of destroy === undefined ? [] : old) {
      signal.throwIfAborted();
      if (!(await isOrphan(orphan, stores))) continue;
      await orphan.module.held?.destroy(orphan.held);
      report({step: 'destroying', done: ++destroyed, total: old.length});
    }
    return {
      held: found.held,
      orphans: list(orphans, {old, sightings}),
      unknown: found.unknown.map(nameOf),
      missing: found.missing,
      ...(old.length > 0 && {confirm}),
      destroyed,
    };
  },
};

function named(orphan: OrphanKey): NamedOrphan {
  const name = `${orphan.module.id}:${nameOf(orphan.held)}`;
  return {...orphan, name, identity: `${name} ${Buffer.from(orphan.held.material).toString('base64url')}`};
}

function nameOf({keystore, localKeyId, version}: OrphanKey['held']): string {
  return `${keystore}/${localKeyId}#${version}`;
}

function digest(orphans: readonly NamedOrphan[]): string {
  const identities = orphans.map(({identity}) => identity).sort();
  return createHash('sha256').update(identities.join('\n')).digest('base64url');
}

function list(
  orphans: readonly NamedOrphan[],
  {old, sightings}: {readonly old: readonly NamedOrphan[]; readonly sightings: Sightings},
): readonly ListedOrphan[] {
  const destroyable = new Set(old);
  return orphans.map((orphan) => ({
    name: orphan.name,
    firstSeen: new Date(sightings.get(orphan.identity) ?? 0).toISOString(),
    destroyable: destroyable.has(orphan),
  }));
}
