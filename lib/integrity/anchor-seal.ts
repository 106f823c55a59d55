import {createHash, type Hash} from 'node:crypto';
import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {UnavailableError} from '../errors.ts';
import type {ScopeWrappers} from '../sealing/sealer.ts';
import {SERVER_SCOPE} from '../sealing/scopes.ts';
import {encodeFields} from '../sealing/encode-fields.ts';
import type {KeyHierarchyStore} from '../storage/key-hierarchy-store.ts';
import {ANCHOR_FORMAT, AnchorError, type AnchorEntries, parseAnchorLine} from './anchor-lines.ts';

const PURPOSE = 'record-mac';
const NOTHING = new Uint8Array();

export interface AnchorSealOptions {
  readonly wrappers: ScopeWrappers;
  readonly store: KeyHierarchyStore;
}

/** Authenticates an anchor that is being written. */
export class AnchorSeal {
  readonly header: Pick<AnchorEntries['anchor'], 'store' | 'keyVersionId' | 'keyVersion'>;
  readonly #wrapper: Awaited<ReturnType<ScopeWrappers['wrapperFor']>>;
  readonly #hash = createHash('sha256');
  #lines = 0;

  private constructor(
    header: AnchorSeal['header'],
    wrapper: Awaited<ReturnType<ScopeWrappers['wrapperFor']>>,
  ) {
    this.header = header;
    this.#wrapper = wrapper;
  }

  /** Makes the server's own keys where there are none. @throws UnavailableError, SealedError */
  static async begin({wrappers, store}: AnchorSealOptions): Promise<AnchorSeal> {
    const wrapper = await wrappers.wrapperFor(SERVER_SCOPE, PURPOSE, {create: true});
    const keys = await findServerKeys(store);
    const keyVersion = keys?.versions.get(wrapper.keyId);
    if (!keys || keyVersion === undefined)
      throw new UnavailableError("The server's keys have changed meanwhile.");
    return new AnchorSeal({store: keys.rootKeyId, keyVersionId: wrapper.keyId, keyVersion}, wrapper);
  }

  add(line: string): void {
    addLine(this.#hash, line);
    this.#lines++;
  }

  async end(): Promise<AnchorEntries['end']> {
    const lines = this.#lines;
    const mac = await this.#wrapper.seal(NOTHING, additionalData(this.#hash, lines));
    return {lines, mac: encodeBase64url(mac)};
  }
}

/** An anchor whose lines are whole. */
export interface ReadAnchor {
  readonly header: AnchorEntries['anchor'];
  /** Of all lines but the last. */
  readonly digest: string;
  /** Why it is not known who wrote it; undefined where this server did. */
  readonly unverified?: string;
}

/** Reads an anchor to its end. @throws AnchorError where it is not a whole one of this store, as the server wrote it; UnavailableError */
export async function readAnchor(
  lines: AsyncIterable<string>,
  {wrappers, store}: AnchorSealOptions,
): Promise<ReadAnchor> {
  const hash = createHash('sha256');
  let header: AnchorEntries['anchor'] | undefined;
  let end: AnchorEntries['end'] | undefined;
  let count = 0;
  for await (const line of lines) {
    const entry = parseAnchorLine(line);
    if (end || (entry.type === 'anchor') !== (count === 0))
      throw new AnchorError('The file is not one anchor.');
    if (entry.type === 'end') {
      end = entry;
    } else {
      header ??= entry as {readonly type: 'anchor'} & AnchorEntries['anchor'];
      addLine(hash, line);
      count++;
    }
  }
  if (!header) throw new AnchorError('The file is not an anchor.');
  if (header.format !== ANCHOR_FORMAT)
    throw new AnchorError('The anchor is of a format that this release cannot read.');
  if (end?.lines !== count) throw new AnchorError('The anchor is not whole: its end is missing.');
  const digest = hash.copy().digest('base64url');

  const keys = await findServerKeys(store);
  if (keys?.rootKeyId !== header.store) {
    throw new AnchorError('The anchor is another database’s, or this database is older than it.');
  }
  const mac = decodeBase64url(end.mac) ?? NOTHING;
  if (await isAuthentic(mac, additionalData(hash, count), wrappers)) return {header, digest};
  if (keys.versions.has(header.keyVersionId))
    throw new AnchorError('The anchor is not as the server wrote it.');
  const newest = Math.max(...keys.versions.values());
  const unverified =
    newest < header.keyVersion
      ? `The key version ${header.keyVersionId} that authenticates the anchor is not there: the database is older than the anchor.`
      : `The key version ${header.keyVersionId} that authenticates the anchor was destroyed since: whether the anchor was edited is not known.`;
  return {header, digest, unverified};
}

/** @returns the digest of an anchor's lines but the last, as `readAnchor` does. */
export class AnchorDigest {
  readonly #hash = createHash('sha256');

  add(line: string): void {
    addLine(this.#hash, line);
  }

  toString(): string {
    return this.#hash.copy().digest('base64url');
  }
}

async function isAuthentic(mac: Uint8Array, data: Uint8Array, wrappers: ScopeWrappers): Promise<boolean> {
  try {
    const wrapper = await wrappers.wrapperFor(SERVER_SCOPE, PURPOSE);
    return (await wrapper.open(mac, data)).length === 0;
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return false;
  }
}

async function findServerKeys(
  store: KeyHierarchyStore,
): Promise<{readonly rootKeyId: string; readonly versions: ReadonlyMap<string, number>} | undefined> {
  const scope = await store.findScope(SERVER_SCOPE);
  const versions = scope?.dataKeys.find(({purpose}) => purpose === PURPOSE)?.versions ?? [];
  return (
    scope && {
      rootKeyId: scope.rootKeyId,
      versions: new Map(versions.map(({id, version}) => [id, version])),
    }
  );
}

function addLine(hash: Hash, line: string): void {
  hash.update(line).update('\n');
}

function additionalData(hash: Hash, lines: number): Uint8Array {
  return encodeFields(['webkms anchor v1', lines, hash.copy().digest()]);
}
