import {DuplicateError, OutcomeUnknownError} from '../../../lib/errors.ts';
import {DuplicateKeyError, toStoreError} from '../../../lib/storage/mongodb/driver-error.ts';
import type {StoredDocument} from '../../../lib/storage/mongodb/collections.ts';
import type {MongodbConnection} from '../../../lib/storage/mongodb/mongodb-connection.ts';

type Members = Record<string, unknown>;
type Collections = Map<string, Map<unknown, Members>>;

/**
 * Told before each command: what it waits for happens before it. Where it gives a function that is given the command, which
 * takes effect whenever it is called: who sent it learns that the outcome is unknown.
 */
export type BeforeCommand = (command: string) => Promise<Postpone | undefined>;
export type Postpone = (arrive: () => void) => void;

interface Selection {
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
}

/** Members that a unique index of the collection names. */
const UNIQUE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  key: [['keystoreId', 'uniqueName']],
  maintenance_job: [['slot'], ['position']],
};

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const at = (document: Members, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isMembers(value) ? value[name] : undefined), document);

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return Number.NaN;
}

const equals = (value: unknown, wanted: unknown): boolean =>
  value === wanted || (Array.isArray(value) && value.includes(wanted));

const OPERATORS: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  $gt: (value, operand) => compare(value, operand) > 0,
  $gte: (value, operand) => compare(value, operand) >= 0,
  $lt: (value, operand) => compare(value, operand) < 0,
  $lte: (value, operand) => compare(value, operand) <= 0,
  $in: (value, operand) => (operand as unknown[]).some((each) => equals(value, each)),
  $nin: (value, operand) => !(operand as unknown[]).some((each) => equals(value, each)),
  $exists: (value, operand) => (value !== undefined) === operand,
};

function matchesValue(value: unknown, wanted: unknown): boolean {
  if (!isMembers(wanted)) return equals(value, wanted);
  return Object.entries(wanted).every(([name, operand]) => {
    const operator = OPERATORS[name];
    if (!operator) throw new TypeError(`The model has no operator ${name}.`);
    return operator(value, operand);
  });
}

const matches = (document: Members, conditions: StoredDocument): boolean =>
  Object.entries(conditions).every(([path, wanted]) =>
    path === '$or'
      ? (wanted as StoredDocument[]).some((each) => matches(document, each))
      : matchesValue(at(document, path), wanted),
  );

function holderOf(document: Members, path: string): readonly [Members, string] {
  const names = path.split('.');
  let holder = document;
  for (const name of names.slice(0, -1)) holder = (holder[name] ??= {}) as Members;
  return [holder, names.at(-1)!];
}

const UPDATES: Readonly<Record<string, (holder: Members, name: string, operand: unknown) => unknown>> = {
  $set: (holder, name, operand) => (holder[name] = operand),
  $unset: (holder, name) => Reflect.deleteProperty(holder, name),
  $inc: (holder, name, operand) => (holder[name] = Number(holder[name] ?? 0) + Number(operand)),
};

function changed(document: Members, change: StoredDocument): Members {
  const copy = structuredClone(document);
  for (const [name, operands] of Object.entries(change)) {
    const update = UPDATES[name];
    if (!update) throw new TypeError(`The model has no operator ${name}.`);
    for (const [path, operand] of Object.entries(operands as Members)) {
      update(...holderOf(copy, path), structuredClone(operand));
    }
  }
  return copy;
}

/**
 * What the store asks of a database, in memory: each command takes effect at one moment. It has the operators that the store
 * uses and no other, so that a contract suite that passes over it says that it is like the servers.
 */
export class ModelDatabase {
  readonly #collections: Collections;

  constructor(collections: Collections = new Map()) {
    this.#collections = collections;
  }

  /** As it is now: what is done to the one is not done to the other. */
  clone(): ModelDatabase {
    return new ModelDatabase(structuredClone(this.#collections));
  }

  documents(collection: string): readonly Members[] {
    return [...this.#of(collection).values()];
  }

  /** A connection of its own. */
  connect(before: BeforeCommand = () => Promise.resolve(undefined)): MongodbConnection {
    const one = (name: string, conditions: StoredDocument): Members | undefined =>
      this.#select(name, conditions, {limit: 1})[0];
    const commands = {
      findOne: (name: string, conditions: StoredDocument) => one(name, conditions),
      find: (name: string, conditions: StoredDocument, selection: Selection) =>
        this.#select(name, conditions, selection),
      count: (name: string, conditions: StoredDocument) => this.#select(name, conditions, {}).length,
      insert: (name: string, document: Members) => {
        if (this.#of(name).has(document['_id'])) throw new DuplicateKeyError('_id_');
        this.#put(name, structuredClone(document));
        return 1;
      },
      update: (
        name: string,
        conditions: StoredDocument,
        change: StoredDocument,
        options?: {upsert?: boolean},
      ) => this.#update(name, conditions, change, options) !== undefined,
      findAndUpdate: (
        name: string,
        conditions: StoredDocument,
        change: StoredDocument,
        options?: {upsert?: boolean},
      ) => this.#update(name, conditions, change, options),
      remove: (name: string, conditions: StoredDocument) => {
        const document = one(name, conditions);
        return document !== undefined && this.#of(name).delete(document['_id']);
      },
      removeMany: (name: string, conditions: StoredDocument) => {
        const found = this.#select(name, conditions, {});
        for (const {_id} of found) this.#of(name).delete(_id);
        return found.length;
      },
    };
    const forEach = async (
      name: string,
      conditions: StoredDocument,
      selection: Selection,
      take: (document: Members) => boolean,
    ): Promise<void> => {
      await before(`find ${name}`);
      structuredClone(this.#select(name, conditions, selection)).every(take);
    };
    const stepped = Object.entries(commands).map(([command, run]) => [
      command,
      async (name: string, ...parameters: unknown[]) => {
        const postpone = await before(`${command} ${name}`);
        const arrive = (): unknown => (run as (...all: unknown[]) => unknown)(name, ...parameters);
        if (!postpone) return structuredClone(arrive());
        postpone(arrive);
        throw new OutcomeUnknownError('The model does not answer.');
      },
    ]);
    const within = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        const storeError = toStoreError(error);
        if (!(storeError instanceof DuplicateKeyError)) throw storeError;
        throw new DuplicateError('A record with that identity exists.', {cause: error});
      }
    };
    return Object.assign(Object.create(null), Object.fromEntries(stepped), {
      forEach,
      within,
    }) as MongodbConnection;
  }

  #of(name: string): Map<unknown, Members> {
    const found = this.#collections.get(name) ?? new Map<unknown, Members>();
    this.#collections.set(name, found);
    return found;
  }

  #select(name: string, conditions: StoredDocument, {sort = {}, limit}: Selection): Members[] {
    const found = this.documents(name).filter((document) => matches(document, conditions));
    const order = Object.entries(sort);
    const sorted = found.toSorted((a, b) =>
      order.reduce((sign, [path, way]) => sign || way * compare(at(a, path), at(b, path)), 0),
    );
    return sorted.slice(0, limit);
  }

  #put(name: string, document: Members): void {
    for (const members of UNIQUE[name] ?? []) {
      const isSame = (other: Members): boolean =>
        other['_id'] !== document['_id'] && members.every((member) => other[member] === document[member]);
      if (this.documents(name).some(isSame)) throw new DuplicateKeyError(members.join('_'));
    }
    this.#of(name).set(document['_id'], document);
  }

  #update(
    name: string,
    conditions: StoredDocument,
    change: StoredDocument,
    {upsert = false}: {upsert?: boolean} = {},
  ): Members | undefined {
    const [found] = this.#select(name, conditions, {limit: 1});
    if (!found && !upsert) return undefined;
    const document = changed(found ?? {...conditions}, change);
    this.#put(name, document);
    return document;
  }
}
