import {InvalidSchemaError} from '../key-errors.ts';
import type {PreparedStatement, SqliteConnection} from './connection.ts';
import type {Referencer} from './data-key-version-referencers.ts';
import {keyHierarchy} from './migrations/0002-key-hierarchy.ts';
import {SELECT_SCHEMA_OBJECTS, schemaObjectsOf, type SchemaObject} from './schema-objects.ts';

/** In a database of an application's own these are all that is made. The schema's version is how many there are. */
export const KEY_HIERARCHY_MIGRATIONS = [keyHierarchy];

/** What this release makes of the hierarchy. */
export function hierarchyObjects(): readonly SchemaObject[] {
  return schemaObjectsOf((db) => {
    for (const {sql} of KEY_HIERARCHY_MIGRATIONS) db.exec(sql);
  });
}

function objectProblems(all: readonly SchemaObject[]): readonly string[] {
  const expected = new Map(hierarchyObjects().map((object) => [object.name, object]));
  const tables = new Set([...expected.values()].map(({table}) => table));
  const found = all.filter(({name, table}) => tables.has(table) || expected.has(name));
  const names = new Set(found.map(({name}) => name));
  const missing = [...expected.values()].filter(({name}) => !names.has(name));
  return [
    ...missing.map(({type, name}) => `the ${type} ${name} is missing`),
    ...found.flatMap(({type, name, table, sql}) => {
      const own = expected.get(name);
      if (!own) return [`${table} has the ${type} ${name}, which is not the hierarchy's`];
      return own.sql === sql && own.type === type ? [] : [`the ${type} ${name} is another`];
    }),
  ];
}

/** Compares what a database has of the hierarchy with what this release makes. */
export class KeyHierarchySchema {
  readonly #connection: SqliteConnection;
  readonly #objects: PreparedStatement<[], SchemaObject>;
  readonly #foreignKeys: PreparedStatement<[], number>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#objects = connection.prepare<[], SchemaObject>(SELECT_SCHEMA_OBJECTS);
    this.#foreignKeys = connection
      .prepare<[], number>('SELECT foreign_keys FROM pragma_foreign_keys')
      .pluck();
  }

  /** @throws InvalidSchemaError */
  validate(referencers: readonly Referencer[]): void {
    const found = this.#objects.all();
    const problems = [...this.#versionProblems(found)];
    // Of another version everything may differ.
    if (problems.length === 0) {
      problems.push(
        ...objectProblems(found),
        ...referencers.flatMap((referencer) => this.#referencerProblems(referencer)),
      );
    }
    if (this.#foreignKeys.get() !== 1) problems.push('the connection does not enforce foreign keys');
    if (problems.length > 0) {
      throw new InvalidSchemaError(
        `The key hierarchy's schema is not this release's: ${problems.join('; ')}.`,
      );
    }
  }

  #versionProblems(found: readonly SchemaObject[]): readonly string[] {
    if (!found.some(({type, name}) => type === 'table' && name === 'hierarchy_state')) {
      return ['the table hierarchy_state is missing'];
    }
    const version = this.#connection
      .prepare<[], {readonly schema_version?: number}>('SELECT * FROM main.hierarchy_state')
      .get()?.schema_version;
    const known = KEY_HIERARCHY_MIGRATIONS.length;
    if (version === known) return [];
    return [version === undefined ? 'its version is missing' : `it has version ${version}, not ${known}`];
  }

  /** A reference that is not searched by an index would make each deletion, and each look for references, a scan. */
  #referencerProblems({name, restricts, sql}: Referencer): readonly string[] {
    const problems = restricts ? [] : [`${name} does not restrict the deletion of data key versions`];
    try {
      const plan = this.#connection
        .prepare<[null], {readonly detail: string}>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(null);
      const slow = plan.some(({detail}) => /^SCAN t\b|\bANY\(/.test(detail));
      return slow ? [...problems, `${name} has no index of its own`] : problems;
    } catch {
      return [...problems, `${name} refers to a column that is not there`];
    }
  }
}
