import type {ValidateFunction} from 'ajv/dist/2020.js';
import type {FromSchema, Schema} from '../../../schemas/json-schema.ts';
import {ValidationError} from '../../errors.ts';
import {compileSchema} from './ajv.ts';
import {toValidationIssues} from './validation-issues.ts';

/** Checks untrusted data against a schema. @throws ValidationError */
export type Check = (value: unknown) => void;

/**
 * Makes the check of a schema, which is compiled at its first use, once. `name` is what the error says (`… in the
 * '<name>' validator.`): a word of the wire contract.
 */
export function createCheck(name: string, schema: Schema): Check {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compileSchema(schema);
    if (!validate(value)) throw new ValidationError(name, toValidationIssues(validate.errors ?? []));
  };
}

/** Makes the function that turns untrusted data into what `schema` describes: the same value, checked and typed. */
export function createValidator<const S extends Schema>(
  name: string,
  schema: S,
): (value: unknown) => FromSchema<S> {
  const check = createCheck(name, schema);
  return (value) => {
    check(value);
    return value as FromSchema<S>;
  };
}
