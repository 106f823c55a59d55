import {createRequire} from 'node:module';
import type * as ajvModule from 'ajv/dist/2020.js';
import type {Schema} from '../../schemas/json-schema.ts';
import {isCidr} from './cidr.ts';

const require = createRequire(import.meta.url);

/**
 * Two of them: one stops at the first thing that is wrong, so that a body of a hundred kilobytes of nonsense costs no more
 * than its beginning; the other finds everything, to tell it. Ajv is loaded with the first schema: a server that starts
 * should not wait for it.
 */
const compilers: Partial<Record<'first' | 'all', ajvModule.Ajv2020>> = {};

/** Compiles a schema, for finding the `first` error or `all`. The schemas are ours and tested: they are not validated again. */
export function compileSchema(schema: Schema, errors: 'first' | 'all'): ajvModule.ValidateFunction {
  const ajv = (compilers[errors] ??= createAjv(errors === 'all'));
  return ajv.compile(schema as ajvModule.SchemaObject);
}

function createAjv(allErrors: boolean): ajvModule.Ajv2020 {
  const {Ajv2020} = require('ajv/dist/2020.js') as typeof ajvModule;
  return new Ajv2020({
    allErrors,
    allowUnionTypes: true,
    ownProperties: true,
    meta: false,
    validateSchema: false,
    formats: {cidr: isCidr},
  });
}
