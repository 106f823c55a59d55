import type {Schema} from '../../schemas/json-schema.ts';
import type {OperationBody, OperationType} from '../../schemas/kms-operations.ts';
import {NotSupportedError} from '../errors.ts';
import type {Targets} from './operation.ts';
import {findBatch, findOperation, OPERATIONS} from './operation-table.ts';
import {createCheck, createValidator, type Check} from '../validation/create-validator.ts';

const parseTyped = createValidator('KmsOperation', {
  type: 'object',
  required: ['type'],
  properties: {type: {type: 'string'}},
});

const parseBatch = createValidator('BatchOperation', {
  type: 'object',
  required: ['operation'],
  properties: {operation: {type: 'string'}},
});

/**
 * Reads an operation's `type` (and of a batch its items'), and nothing else of it, to know what it asks for.
 * @throws ValidationError where there is none, NotSupportedError where no such operation is posted to that `target`, or no
 *   batch can be of it.
 */
export function readOperationType<T extends keyof Targets>(body: unknown, target: T): Targets[T] {
  const found = findOperation(parseTyped(body).type);
  const supported = () =>
    Object.values(OPERATIONS).flatMap((known) => (known.target === target ? [known.type] : []));
  if (found?.target !== target) throw notSupported(supported());
  if (found.kind !== 'batches') return found as Targets[T];
  const batch = findBatch(parseBatch(body).operation);
  if (!batch) throw notSupported(Object.keys(found.of));
  return batch as Targets[T];
}

function notSupported(supported: readonly string[]): NotSupportedError {
  return new NotSupportedError('KMS operation not supported.', {details: {supported}});
}

const checks = new Map<string, Check>();
for (const {type, schema} of Object.values<{readonly type: string; readonly schema: Schema}>(OPERATIONS)) {
  checks.set(type, createCheck(type, schema));
}

/** Checks the whole shape of an operation. @throws ValidationError that names the operation's type */
export function validateOperation<T extends OperationType>(
  {type, schema}: {readonly type: T; readonly schema: Schema},
  body: unknown,
): OperationBody<T> {
  let check = checks.get(type);
  if (!check) checks.set(type, (check = createCheck(type, schema)));
  check(body);
  return body as OperationBody<T>;
}
