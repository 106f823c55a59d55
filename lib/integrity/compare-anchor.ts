import {keyUrl} from '../keys/key-url.ts';
import type {Stores} from '../storage/stores.ts';
import {newestVersions, rootDigest} from './anchor.ts';
import {AnchorError, parseAnchorLine, type AnchorEntries, type AnchorEntry} from './anchor-lines.ts';
import {AnchorDigest, readAnchor, type AnchorSealOptions} from './anchor-seal.ts';
import {failureMessage} from './failure-message.ts';
import type {Finding} from './finding.ts';
import type {Pacer} from './pacer.ts';
import {contentDigest, keyDigest, keystoreContent, withoutMac} from './record-content.ts';

export interface CompareAnchorOptions extends Pick<AnchorSealOptions, 'wrappers'> {
  readonly stores: Stores;
  /** Reads the anchor's lines from its beginning; called twice. */
  readonly readLines: () => AsyncIterable<string>;
  readonly pacer: Pacer;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Compares the database with an anchor: what is older than it was, or is gone. What has changed since, by the server, is
 * as it should be. An anchor that is not a whole one of this store is refused, and nothing is compared with it.
 */
export async function* compareAnchor(options: CompareAnchorOptions): AsyncGenerator<Finding> {
  const {wrappers, stores, readLines, pacer} = options;
  try {
    const anchor = await readAnchor(readLines(), {wrappers, store: stores.keyHierarchy});
    if (anchor.unverified !== undefined) yield anchorFinding(anchor.unverified);
    const digest = new AnchorDigest();
    const comparison = new Comparison(options);
    for await (const line of readLines()) {
      await pacer.step();
      const entry = parseAnchorLine(line);
      if (entry.type === 'end') break;
      digest.add(line);
      yield* await comparison.compare(entry);
    }
    if (digest.toString() !== anchor.digest)
      throw new AnchorError('The anchor was changed while it was read.');
    yield* await comparison.addedRoots();
  } catch (error) {
    if (!(error instanceof AnchorError)) throw error;
    yield anchorFinding(error.message);
  }
}

function anchorFinding(message: string): Finding {
  return {severity: 'error', kind: 'anchor', record: '', message};
}

const GONE = 'It was there when the anchor was written, and is gone.';
const OLDER = 'It was put back to what it was before the anchor was written.';
const OTHER = 'It is not what it was when the anchor was written, though the server has not changed it.';

/** Takes an anchor's lines in order. Keys and revocations are of the keystore before them. */
class Comparison {
  readonly #stores: Stores;
  readonly #now: number;
  readonly #roots = new Set<string>();
  #keystoreId = '';
  #keystoreGone = false;

  constructor({stores, now}: CompareAnchorOptions) {
    this.#stores = stores;
    this.#now = now;
  }

  async compare(entry: AnchorEntry): Promise<readonly Finding[]> {
    switch (entry.type) {
      case 'root':
        return this.#root(entry);
      case 'scope':
        return this.#scope(entry);
      case 'keystore':
        return this.#keystore(entry);
      case 'key':
        return this.#keystoreGone ? [] : this.#key(entry);
      case 'revocation':
        return this.#keystoreGone ? [] : this.#revocation(entry);
      case 'anchor':
      case 'end':
        return [];
    }
  }

  async addedRoots(): Promise<readonly Finding[]> {
    const records = await this.#stores.keyHierarchy.listRootWrappers();
    const added = records.filter(({id}) => !this.#roots.has(id));
    return added.map(({id, uri}) =>
      found('note', 'root-wrapper', `${id} (${uri})`, 'It was added after the anchor was written.'),
    );
  }

  async #root({id, digest}: AnchorEntries['root']): Promise<readonly Finding[]> {
    this.#roots.add(id);
    const record = (await this.#stores.keyHierarchy.listRootWrappers()).find((root) => root.id === id);
    if (!record)
      return [found('note', 'root-wrapper', id, 'It was retired since the anchor was written, or removed.')];
    return rootDigest(record) === digest ? [] : [found('error', 'root-wrapper', id, OTHER)];
  }

  async #scope({scope, rootKeyId, newest}: AnchorEntries['scope']): Promise<readonly Finding[]> {
    const error = (message: string): Finding => found('error', 'keys', scope, message);
    const record = await tried(() => this.#stores.keyHierarchy.findScope(scope));
    if (record instanceof Error) return [error(unreadable(record))];
    if (!record) {
      const keystore = await tried(() => this.#stores.keystores.find(scope));
      return keystore === undefined
        ? [found('note', 'keys', scope, 'They are gone, and so is their keystore.')]
        : [error(GONE)];
    }
    if (record.rootKeyId !== rootKeyId) return [error('They are others than when the anchor was written.')];
    const now = new Map(Object.entries(newestVersions(record)));
    return Object.entries(newest).flatMap(([purpose, version]) =>
      (now.get(purpose) ?? 0) < Number(version)
        ? [
            error(
              `The newest version of the key ${purpose} was ${Number(version)}, and is ${now.get(purpose) ?? 0}.`,
            ),
          ]
        : [],
    );
  }

  async #keystore({id, ...was}: AnchorEntries['keystore']): Promise<readonly Finding[]> {
    this.#keystoreId = id;
    this.#keystoreGone = false;
    const stored = await tried(() => this.#stores.keystores.find(id));
    if (stored instanceof Error) return [found('error', 'keystore', id, unreadable(stored))];
    if (!stored) {
      this.#keystoreGone = true;
      return [found('note', 'keystore', id, 'It was deleted since the anchor was written, or removed.')];
    }
    const is = {sequence: stored.sequence, digest: contentDigest(keystoreContent(withoutMac(stored)))};
    return changes(was, is).map((message) => found('error', 'keystore', id, message));
  }

  async #key({id: localKeyId, ...was}: AnchorEntries['key']): Promise<readonly Finding[]> {
    const keystoreId = this.#keystoreId;
    const error = (message: string): Finding =>
      found('error', 'key', keyUrl({keystoreId, localKeyId}), message);
    const stored = await tried(() => this.#stores.keys.find({keystoreId, localKeyId}));
    if (stored instanceof Error) return [error(unreadable(stored))];
    if (!stored) return [error(GONE)];
    const is = {sequence: stored.sequence, digest: await keyDigest(withoutMac(stored))};
    return changes(was, is).map(error);
  }

  async #revocation(was: AnchorEntries['revocation']): Promise<readonly Finding[]> {
    const {delegator, capabilityId, expiresAt} = was;
    if (expiresAt <= this.#now) return [];
    const keystoreId = this.#keystoreId;
    const there = await this.#stores.revocations.isAnyRevoked(keystoreId, [{delegator, capabilityId}]);
    return there ? [] : [found('error', 'revocation', `${capabilityId} of ${keystoreId}`, GONE)];
  }
}

interface RecordState {
  readonly sequence: number;
  readonly digest: string;
}

function changes(was: RecordState, is: RecordState): string[] {
  if (is.sequence < was.sequence) return [OLDER];
  return is.sequence === was.sequence && is.digest !== was.digest ? [OTHER] : [];
}

/** A row that cannot be read does not end the walk. */
async function tried<T>(read: () => Promise<T>): Promise<T | Error> {
  try {
    return await read();
  } catch (error) {
    return error instanceof Error ? error : new Error('It cannot be read.');
  }
}

function unreadable(error: Error): string {
  return `It cannot be read: ${failureMessage(error)}.`;
}

function found(
  severity: Finding['severity'],
  kind: Finding['kind'],
  record: string,
  message: string,
): Finding {
  return {severity, kind, record, message};
}
