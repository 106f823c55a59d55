import {InvalidSchemaError} from '../key-errors.ts';
import {listReferencers, type Referencer} from './data-key-version-referencers.ts';
import {KEY_HIERARCHY_RULES} from './migrations/0001-key-hierarchy-rules.ts';
import {KEY_HIERARCHY_SCHEMA_VERSION, KEY_HIERARCHY_TABLES} from './migrations/0001-key-hierarchy.ts';
import {boolean, integerOrNull} from './row.ts';
import {schemaProblems} from './schema-problems.ts';
import {statement} from './statement.ts';
import type {Transaction} from './transaction.ts';

const IS_THERE = statement(`SELECT to_regclass('hierarchy_state') IS NOT NULL AS "there"`);
const READ_VERSION = statement('SELECT max(schema_version) AS version FROM hierarchy_state');

/** A reference that is not searched by an index would make each deletion, and each look for references, a scan. */
const referencerProblems = ({name, restricts, isIndexed}: Referencer): readonly string[] => [
  ...(restricts ? [] : [`${name} does not restrict the deletion of data key versions`]),
  ...(isIndexed ? [] : [`${name} has no index of its own`]),
];

async function versionProblems(tx: Transaction): Promise<readonly string[]> {
  const [state = {}] = await tx.query(IS_THERE);
  if (!boolean(state, 'there')) return ['the table hierarchy_state is missing'];
  const [row = {}] = await tx.query(READ_VERSION);
  const version = integerOrNull(row, 'version');
  if (version === KEY_HIERARCHY_SCHEMA_VERSION) return [];
  return [
    version === null
      ? 'its version is missing'
      : `it has version ${version}, not ${KEY_HIERARCHY_SCHEMA_VERSION}`,
  ];
}

/** Compares what the database has of the hierarchy with what this release makes. @throws InvalidSchemaError */
export async function validateKeyHierarchySchema(tx: Transaction): Promise<void> {
  const problems = [...(await versionProblems(tx))];
  // Of another version everything may differ.
  if (problems.length === 0) {
    problems.push(
      ...(await schemaProblems(tx, {tables: KEY_HIERARCHY_TABLES, triggers: KEY_HIERARCHY_RULES})),
    );
  }
  if (problems.length === 0) problems.push(...(await listReferencers(tx)).flatMap(referencerProblems));
  if (problems.length > 0) {
    throw new InvalidSchemaError(`The key hierarchy's schema is not this release's: ${problems.join('; ')}.`);
  }
}
