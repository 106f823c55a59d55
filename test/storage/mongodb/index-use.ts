import type {Document} from 'mongodb';
import {SCHEMA} from '../../../lib/storage/mongodb/schema.ts';

type Order = readonly (readonly [member: string, direction: number])[];

/** Of which there are a handful, whatever else is stored: a scan of them is no longer than a look by an index. */
const SMALL = ['lease', 'hierarchy', 'creator', 'counter', 'probe', 'store_mark', 'schema_migration'];
/** All but placeholders, which are gone a day later, have these: who asks for that asks for nearly all. */
const PLACES = ['position', 'scopePosition'];
const BOUNDS = ['$eq', '$in', '$gt', '$gte', '$lt', '$lte'];

const isOperators = (condition: unknown): condition is Document =>
  typeof condition === 'object' &&
  condition !== null &&
  Object.keys(condition).some((key) => key.startsWith('$'));

const isEquality = (condition: unknown): boolean => !isOperators(condition) || '$eq' in condition;
const isBound = (condition: unknown): boolean =>
  isEquality(condition) || Object.keys(condition as Document).some((name) => BOUNDS.includes(name));

const orderOf = (sort: unknown): Order =>
  sort instanceof Map ? [...(sort as Map<string, number>)] : Object.entries((sort ?? {}) as Document);

function serves(index: Order, filter: Document, sort: Order): boolean {
  const isFixed = ([member]: Order[number]): boolean => member in filter && isEquality(filter[member]);
  const [left, wanted] = [index, sort].map((order) => order.filter((each) => !isFixed(each)));
  const turn = (wanted![0]?.[1] ?? 1) * (left![0]?.[1] ?? 1);
  const isSorted = wanted!.every(
    ([member, direction], at) => left![at]?.[0] === member && left![at][1] * turn === direction,
  );
  const [first = ''] = index[0] ?? [];
  if (first in filter && isBound(filter[first])) return isSorted;
  const isNearlyAll = Object.entries(filter).every(
    ([member, condition]) => PLACES.includes(member) && (condition as Document)['$gt'] === 0,
  );
  return isNearlyAll && sort.length > 0 && isSorted;
}

function isServed(indexes: readonly Order[], filter: Document, sort: Order): boolean {
  const {$or: branches, ...rest} = filter as {$or?: readonly Document[]};
  if (indexes.some((index) => serves(index, rest, sort))) return true;
  return branches?.every((branch) => isServed(indexes, {...rest, ...branch}, sort)) ?? false;
}

/** What a command looks for, and in what order. */
function searchesOf(command: Document): readonly (readonly [filter: Document, sort: Order])[] {
  if ('find' in command) return [[(command['filter'] ?? {}) as Document, orderOf(command['sort'])]];
  if ('findAndModify' in command) return [[command['query'] as Document, orderOf(command['sort'])]];
  if ('aggregate' in command) {
    const stages = command['pipeline'] as Document[];
    return [[(stages[0]?.['$match'] ?? {}) as Document, []]];
  }
  const changes = [
    ...((command['updates'] ?? []) as Document[]),
    ...((command['deletes'] ?? []) as Document[]),
  ];
  return changes.map(({q}) => [q as Document, []]);
}

/**
 * What of a command no index of the schema answers on a MongoDB: it would read, or sort, all that the collection holds.
 * @returns a description for people, undefined where there is nothing to say
 */
export function describeScan(command: Document): string | undefined {
  const [name = ''] = Object.keys(command);
  if (!['find', 'aggregate', 'findAndModify', 'update', 'delete'].includes(name)) return undefined;
  const collection = String(command[name]);
  if (SMALL.includes(collection)) return undefined;
  const schema = SCHEMA.find((each) => each.name === collection);
  const indexes = [
    [['_id', 1]],
    ...(schema?.indexes ?? []).map(({keys}) => orderOf(keys)),
  ] as readonly Order[];
  const scan = searchesOf(command).find(([filter, sort]) => !isServed(indexes, filter, sort));
  return scan && `${name} ${collection} ${JSON.stringify(scan[0])} by ${JSON.stringify(scan[1])}`;
}

/** Given to stores, it sees all their commands. */
export class ScanWatch {
  readonly scans = new Set<string>();
  seen = 0;

  readonly onCommand = (command: Document): void => {
    this.seen++;
    const scan = describeScan(command);
    if (scan !== undefined) this.scans.add(scan);
  };
}
