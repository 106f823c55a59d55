import {InternalError} from '../errors.ts';
import type {HeldKey} from '../key-modules/held-keys.ts';
import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import {findKeyType} from '../keys/key-types.ts';
import {keyUrl} from '../keys/key-url.ts';
import {eachOf} from '../storage/each-of.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {Stores} from '../storage/stores.ts';
import {HeldByMaterial, textOf} from './held-by-material.ts';

export interface ReconcileOptions {
  /** As they are, unverified: what any record refers to, forged or not, is nobody's orphan. */
  readonly stores: Pick<Stores, 'keystores' | 'keys'>;
  /** By the names that keystores use. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  /** Called for each record that is read. @throws where it is to stop */
  readonly onRecord?: () => Promise<void>;
}

/** A key that a module holds and no record refers to: of a keystore that is here. */
export interface OrphanKey {
  readonly module: KeyModule;
  readonly held: HeldKey;
  /** The keystore's URL. */
  readonly keystoreId: string;
}

/** A version of a key whose module does not hold what its record refers to, or holds another key. */
export interface MissingKey {
  /** The key's URL. */
  readonly key: string;
  readonly version: number;
}

export interface ReconcileResult {
  /** How many keys the modules hold. */
  readonly held: number;
  readonly orphans: readonly OrphanKey[];
  /** Keys of keystores that are not here: of other servers, or of deleted keystores. */
  readonly unknown: readonly HeldKey[];
  readonly missing: readonly MissingKey[];
}

/**
 * Compares what key modules hold themselves with what key records refer to. Modules are asked first: of what they held then,
 * the keystore was there; and a key that is being made meanwhile is either not among it, or an orphan for a moment.
 * @throws UnavailableError, InternalError where a record cannot be read: then nobody knows what is an orphan
 */
export async function reconcileHeldKeys(options: ReconcileOptions): Promise<ReconcileResult> {
  const results: ReconcileResult[] = [];
  for (const module of new Set(options.keyModules.values())) {
    if (module.held) results.push(await reconcileModule(module, await module.held.list(), options));
  }
  return {
    held: results.reduce((sum, {held}) => sum + held, 0),
    orphans: results.flatMap(({orphans}) => orphans),
    unknown: results.flatMap(({unknown}) => unknown),
    missing: results.flatMap(({missing}) => missing),
  };
}

/** Whether still no record refers to it. @throws as `reconcileHeldKeys` */
export async function isOrphan(
  {keystoreId, held: {localKeyId, material}}: OrphanKey,
  {keys}: ReconcileOptions['stores'],
): Promise<boolean> {
  const record = await keys.find({keystoreId, localKeyId});
  return !record?.versions.some(
    (version) => version.material && textOf(version.material) === textOf(material),
  );
}

async function reconcileModule(
  module: KeyModule,
  held: readonly HeldKey[],
  {stores, keyModules, onRecord}: ReconcileOptions,
): Promise<ReconcileResult> {
  const keys = await HeldByMaterial.of(held);
  /** URLs of keystores by their last segments: those that are here. */
  const here = new Map<string, string>();
  const missing: MissingKey[] = [];
  for await (const keystoreId of eachOf((page) => stores.keystores.listIds(page))) {
    const segment = lastSegment(keystoreId);
    const keystore = await stores.keystores.find(keystoreId);
    const isOfModule = keystore !== undefined && keyModules.get(keystore.kmsModule) === module;
    if (!keys.hasKeystore(segment) && !isOfModule) continue;
    here.set(segment, keystoreId);
    for await (const record of eachOf((page) => stores.keys.list({keystoreId, ...page}))) {
      await onRecord?.();
      for (const key of versionsOf(record)) {
        const isHeld = keys.refer(key.material, segment);
        if (isOfModule && !isHeld && (await isMissing(key, module, stores)))
          missing.push({key: keyUrl(key), version: key.version});
      }
    }
  }
  const left = await keys.unreferred();
  return {
    held: held.length,
    orphans: left.flatMap((key) => {
      const keystoreId = here.get(key.keystore);
      return keystoreId === undefined ? [] : [{module, held: key, keystoreId}];
    }),
    unknown: left.filter(({keystore}) => !here.has(keystore)),
    missing,
  };
}

function lastSegment(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** It may have been made since the module was asked, or erased since the record was read. */
async function isMissing(
  key: KeyVersion,
  module: KeyModule,
  {keys}: ReconcileOptions['stores'],
): Promise<boolean> {
  try {
    await module.checkKey?.(key);
    return false;
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
  }
  const now = await keys.find(key);
  return now !== undefined && versionsOf(now).some(({material}) => textOf(material) === textOf(key.material));
}

/** Those that have material. */
function versionsOf({keystoreId, localKeyId, type, versions}: KeyRecord): readonly KeyVersion[] {
  const name = findKeyType(type)?.name;
  if (name === undefined) throw new InternalError(new Error('A key record has a type that there is not.'));
  return versions.flatMap(({version, material, publicKey}) =>
    material ? [{keystoreId, localKeyId, type: name, version, material, ...(publicKey && {publicKey})}] : [],
  );
}
