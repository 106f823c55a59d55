import type {ValidateFunction} from 'ajv/dist/2020.js';
import type {FromSchema, Schema} from '../../schemas/json-schema.ts';
import {ValidationError} from '../errors.ts';
import {compileSchema} from './ajv.ts';
import {nextTurn} from '../turns.ts';
import {toValidationIssues} from './validation-issues.ts';

/** Checks untrusted data against a schema. @throws ValidationError */
export type Check = (value: unknown) => void;

/** Of a larger value only the first error is told: strangers send bodies, too, and errors cost more than what is right. */
const MAX_EXPLAINED_VALUES = 256;

const uncompiled = new Set<() => unknown>();

/** Compiles every schema that was not used yet, in turns: together they take a tenth of a second, the longest ten milliseconds. */
export async function compileChecks(): Promise<void> {
  for (const compile of uncompiled) {
    await nextTurn();
    compile();
  }
}

/**
 * Makes the check of a schema, which is compiled at its first use, once. `name` is what the error says (`… in the
 * '<name>' validator.`): a word of the wire contract.
 */
export function createCheck(name: string, schema: Schema): Check {
  let validate: ValidateFunction | undefined;
  let explain: ValidateFunction | undefined;
  const compile = (): ValidateFunction => {
    uncompiled.delete(compile);
    return (validate ??= compileSchema(schema, 'first'));
  };
  uncompiled.add(compile);
  return (value) => {
    validate ??= compile();
    if (validate(value)) return;
    let {errors} = validate;
    if (countValues(value, MAX_EXPLAINED_VALUES) <= MAX_EXPLAINED_VALUES) {
      explain ??= compileSchema(schema, 'all');
      explain(value);
      ({errors} = explain);
    }
    throw new ValidationError(name, toValidationIssues(errors ?? []));
  };
}

/** Counts `value` and what is in it; stops once there are more than `max`. */
function countValues(value: unknown, max: number): number {
  let count = 1;
  if (typeof value !== 'object' || value === null) return count;
  for (const item of Object.values(value)) {
    count += countValues(item, max - count);
    if (count > max) break;
  }
  return count;
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
