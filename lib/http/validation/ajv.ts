import {createRequire} from 'node:module';
import type * as ajvModule from 'ajv/dist/2020.js';
import type {Schema} from '../../../schemas/json-schema.ts';
import {isCidr} from './cidr.ts';

const require = createRequire(import.meta.url);
let ajv: ajvModule.Ajv2020 | undefined;

/**
 * Compiles a schema. Ajv itself is loaded with the first one: a server that starts should not wait for it.
 * The schemas are ours and tested, so they are not validated again here.
 */
export function compileSchema(schema: Schema): ajvModule.ValidateFunction {
  ajv ??= createAjv();
  return ajv.compile(schema as ajvModule.SchemaObject);
}

function createAjv(): ajvModule.Ajv2020 {
  const {Ajv2020} = require('ajv/dist/2020.js') as typeof ajvModule;
  return new Ajv2020({
    // Bounded: bodies are, and no keyword costs more than linear time.
    allErrors: true,
    allowUnionTypes: true,
    ownProperties: true,
    meta: false,
    validateSchema: false,
    formats: {cidr: isCidr},
  });
}
