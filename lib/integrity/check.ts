import type {KeyModule} from '../key-modules/key-module.ts';
import type {RootSet} from '../sealing/root-wrapper.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import {InvalidSchemaError, SealedError} from '../sealing/sealing-errors.ts';
import type {Stores} from '../storage/stores.ts';
import {checkRecords} from './check-records.ts';
import {checkRoots} from './check-roots.ts';
import {checkScopes} from './check-scopes.ts';
import {compareAnchor} from './compare-anchor.ts';
import type {Finding} from './finding.ts';
import {Pacer, type PacerOptions} from './pacer.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';

export interface CheckOptions {
  readonly stores: Stores;
  readonly authenticator: RecordAuthenticator;
  readonly wrappers: ScopeWrappers;
  readonly roots: Pick<RootSet, 'opened'>;
  /** By the names that keystores use: they open the material of keys. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  /** Reads the lines of an anchor, from the beginning each time. */
  readonly readAnchor?: (() => AsyncIterable<string>) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly report?: PacerOptions['report'];
  readonly signal?: AbortSignal;
}

/**
 * Walks the whole database and gives what it finds, as it finds it. Others may use the database meanwhile, this process
 * too. Memory does not grow with the database. What it finds, and what it cannot: docs/integrity.md.
 * @throws SealedError; UnavailableError where the store cannot be reached at all
 */
export async function* checkDatabase(options: CheckOptions): AsyncGenerator<Finding> {
  const {stores, wrappers, roots, readAnchor, now, report, signal} = options;
  if (roots.opened().length === 0) throw new SealedError();
  for (const message of await stores.verify()) {
    yield {severity: 'error', kind: 'database', record: '', message};
  }
  signal?.throwIfAborted();
  yield* checkSchema(stores);
  yield* checkRoots({store: stores.keyHierarchy, roots});
  const pacer = (step: string): Pacer => new Pacer({step, report, signal});
  yield* checkScopes({stores, roots, pacer: pacer('checking keys of scopes')});
  const records = pacer('checking records');
  yield* checkRecords({...options, pacer: records});
  records.finish();
  if (!readAnchor) return;
  yield* compareAnchor({
    stores,
    wrappers,
    now,
    readLines: readAnchor,
    pacer: pacer('comparing with the anchor'),
  });
}

async function* checkSchema({keyHierarchy}: Pick<Stores, 'keyHierarchy'>): AsyncGenerator<Finding> {
  try {
    await keyHierarchy.validateSchema();
  } catch (error) {
    if (!(error instanceof InvalidSchemaError)) throw error;
    yield {severity: 'error', kind: 'schema', record: '', message: error.message};
  }
}
