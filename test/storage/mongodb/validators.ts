import {Ajv} from 'ajv';
import type {Document} from 'mongodb';

const BSON_TYPES: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['object', (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)],
  ['array', (value: unknown) => Array.isArray(value)],
  ['string', (value: unknown) => typeof value === 'string'],
  ['number', (value: unknown) => typeof value === 'number'],
  ['bool', (value: unknown) => typeof value === 'boolean'],
  ['binData', (value: unknown) => value instanceof Uint8Array],
]);

/**
 * What a MongoDB server would do with a validator, for the keywords that ours use: JSON Schema draft 4 and `bsonType`.
 * @returns what is wrong of a document, or an empty text
 */
export function validatorOf({$jsonSchema, ...others}: Document): (document: Document) => string {
  if (Object.keys(others).length > 0) throw new TypeError('A validator is a JSON Schema here.');
  const ajv = new Ajv({strict: true, strictTypes: false, strictRequired: false, allErrors: true});
  ajv.addKeyword({
    keyword: 'bsonType',
    compile: (types: string | readonly string[]) => {
      const tests = [types].flat().map((type) => {
        const test = BSON_TYPES.get(type);
        if (!test) throw new TypeError(`No such type: ${type}`);
        return test;
      });
      return (value: unknown) => tests.some((test) => test(value));
    },
  });
  const validate = ajv.compile($jsonSchema as Document);
  return (document) => (validate(document) ? '' : ajv.errorsText(validate.errors));
}
