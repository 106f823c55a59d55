import type {ExtendedJSONSchema, FromExtendedSchema} from 'json-schema-to-ts';

/** Keywords of JSON Schema 2020-12 that the types' library does not know. */
type Draft2020 = {
  prefixItems: readonly unknown[];
  dependentRequired: Readonly<Record<string, readonly string[]>>;
};

/** A JSON Schema (2020-12), as far as the wire contract uses it. */
export type Schema = ExtendedJSONSchema<Draft2020> & object;

/** The type of the values that a schema, written `as const satisfies Schema`, accepts. */
export type FromSchema<S extends Schema> = FromExtendedSchema<Draft2020, S>;
