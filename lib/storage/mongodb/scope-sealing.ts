import type {RootKeyVersionRecord} from '../key-hierarchy-store.ts';
import type {MongodbConnection, Reading} from './mongodb-connection.ts';
import {integer, list, text} from './stored-values.ts';

/** How many root key versions a scope has, and how many of them are sealed under each root wrapper. */
export interface Sealing {
  /** As scopes have it, which it finds by index. */
  readonly sealing: string;
  readonly versions: number;
  readonly sealedUnder: ReadonlyMap<string, number>;
}

/** One text for one state: few scopes differ in it. */
export function formatSealing(rootKeyVersions: readonly RootKeyVersionRecord[]): string {
  const counts = new Map<string, number>();
  for (const {sealed} of rootKeyVersions) {
    for (const {rootWrapperId} of sealed) counts.set(rootWrapperId, (counts.get(rootWrapperId) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([rootKeyVersions.length, sorted]);
}

function parseCount(value: unknown): readonly [rootWrapperId: string, count: number] {
  const [id, count] = list(value);
  return [text(id), integer(count)];
}

function parseSealing(sealing: string): Sealing {
  const [versions, counts] = list(JSON.parse(sealing));
  return {sealing, versions: integer(versions), sealedUnder: new Map(list(counts).map(parseCount))};
}

/** Looks at the scopes of each state by index: what that costs depends on how many states there are, not on the scopes. */
export class ScopeSealings {
  readonly #connection: MongodbConnection;

  constructor(connection: MongodbConnection) {
    this.#connection = connection;
  }

  /** The states that scopes are in, each once. */
  async list(reading: Reading): Promise<readonly Sealing[]> {
    const found: Sealing[] = [];
    for (let last = ''; ;) {
      const [next] = await this.#connection.find(
        'keystore',
        {sealing: {$gt: last}},
        {reading, sort: {sealing: 1}, limit: 1, projection: {sealing: 1}},
      );
      if (!next) return found;
      last = text(next['sealing']);
      found.push(parseSealing(last));
    }
  }

  /** At most `limit` scopes whose state is such. */
  async find(is: (sealing: Sealing) => boolean, limit: number): Promise<readonly string[]> {
    const scopes: string[] = [];
    for (const {sealing} of (await this.list('settled')).filter(is)) {
      const left = limit - scopes.length;
      if (left === 0) break;
      const found = await this.#connection.find('keystore', {sealing}, {limit: left, projection: {_id: 1}});
      scopes.push(...found.map((document) => text(document['_id'])));
    }
    return scopes;
  }

  async countSealed(rootWrapperId: string): Promise<{readonly sealed: number; readonly total: number}> {
    let [sealed, total] = [0, 0];
    for (const {sealing, versions, sealedUnder} of await this.list('settled')) {
      const scopes = await this.#connection.count('keystore', {sealing});
      sealed += scopes * (sealedUnder.get(rootWrapperId) ?? 0);
      total += scopes * versions;
    }
    return {sealed, total};
  }
}
