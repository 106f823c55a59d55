import {eachOf} from '../storage/each-of.ts';
import type {RootWrapperRecord, ScopeKeysRecord} from '../storage/key-hierarchy-store.ts';
import type {Stores} from '../storage/stores.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import {findScopeRecord} from '../sealing/key-hierarchy/scope-record.ts';
import {ROOT_KEY_PURPOSE} from '../sealing/key-administration.ts';
import {ANCHOR_FORMAT, formatAnchorLine, type AnchorEntry} from './anchor-lines.ts';
import {AnchorSeal} from './anchor-seal.ts';
import {Pacer, type PacerOptions} from './pacer.ts';
import {readVerified} from './read-verified.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';
import {contentDigest, keyDigest, keystoreContent} from './record-content.ts';

export interface WriteAnchorOptions {
  readonly stores: Stores;
  readonly authenticator: RecordAuthenticator;
  readonly wrappers: ScopeWrappers;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly report?: PacerOptions['report'];
  readonly signal?: AbortSignal;
}

/**
 * An anchor of the whole database, line by line, without line feeds: what is there, how often each record has changed, and
 * a digest of what it says. Each record is verified first. The last line authenticates the others: an anchor without it
 * is none.
 * @throws TamperedRecordError where a record is not what the server wrote: an anchor would vouch for it; SealedError,
 *   UnavailableError
 */
export async function* writeAnchor(options: WriteAnchorOptions): AsyncGenerator<string> {
  const {stores, wrappers, now, report, signal} = options;
  const seal = await AnchorSeal.begin({wrappers, store: stores.keyHierarchy});
  const pacer = new Pacer({step: 'anchoring', report, signal});
  const createdAt = new Date(now).toISOString();
  const line = (entry: AnchorEntry): string => {
    const text = formatAnchorLine(entry);
    seal.add(text);
    return text;
  };
  yield line({type: 'anchor', format: ANCHOR_FORMAT, createdAt, ...seal.header});
  for await (const entry of entriesOf(options)) {
    await pacer.step();
    yield line(entry);
  }
  // What the anchor says must outlive a loss of power: all that was written until now does when this is.
  await stores.ping();
  yield formatAnchorLine({type: 'end', ...(await seal.end())});
  pacer.finish();
}

async function* entriesOf(options: WriteAnchorOptions): AsyncGenerator<AnchorEntry> {
  const {keyHierarchy, keystores} = options.stores;
  for (const root of await keyHierarchy.listRootWrappers()) {
    yield {type: 'root', id: root.id, digest: rootDigest(root)};
  }
  for await (const scope of eachOf((page) => keyHierarchy.listScopes(page))) {
    const record = await findScopeRecord(keyHierarchy, scope);
    if (record) yield {type: 'scope', scope, rootKeyId: record.rootKeyId, newest: newestVersions(record)};
  }
  for await (const id of eachOf((page) => keystores.listIds(page))) yield* entriesOfKeystore(id, options);
}

async function* entriesOfKeystore(
  keystoreId: string,
  {stores, authenticator, now}: WriteAnchorOptions,
): AsyncGenerator<AnchorEntry> {
  const config = await readVerified(
    () => stores.keystores.find(keystoreId),
    async (stored) => stored && authenticator.verifyKeystore(stored),
  );
  // Deleted since it was listed.
  if (!config) return;
  const digest = contentDigest(keystoreContent(config));
  yield {type: 'keystore', id: keystoreId, sequence: config.sequence, digest};

  for await (const localKeyId of eachOf((page) => stores.keys.listIds({keystoreId, ...page}))) {
    const record = await readVerified(
      () => stores.keys.find({keystoreId, localKeyId}),
      async (stored) => stored && authenticator.verifyKey(stored),
    );
    if (!record) continue;
    const {sequence} = record;
    yield {type: 'key', id: localKeyId, sequence, digest: await keyDigest(record)};
  }
  for await (const revocation of eachOf((page) => stores.revocations.list({keystoreId, ...page}))) {
    const {delegator, capabilityId, expiresAt} = revocation;
    if (expiresAt > now) yield {type: 'revocation', delegator, capabilityId, expiresAt};
  }
}

/** Of what never changes of a root wrapper. */
export function rootDigest({id, wrapperKeyId, parameters, createdAt}: RootWrapperRecord): string {
  return contentDigest(['root-wrapper', id, wrapperKeyId, parameters ?? null, createdAt]);
}

/** @returns the newest version of each key, by purpose. */
export function newestVersions({rootKeyVersions, dataKeys}: ScopeKeysRecord): Record<string, number> {
  const newest = (versions: readonly {readonly version: number}[]): number =>
    Math.max(0, ...versions.map(({version}) => version));
  return Object.fromEntries([
    [ROOT_KEY_PURPOSE, newest(rootKeyVersions)],
    ...dataKeys.map(({purpose, versions}) => [purpose, newest(versions)] as const),
  ]);
}
