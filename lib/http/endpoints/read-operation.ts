import type {Schema} from '../../../schemas/json-schema.ts';
import type {OperationBody, OperationType} from '../../../schemas/kms-operations.ts';
import {NotSupportedError} from '../../errors.ts';
import type {KeyOperationDescriptor, NewKeyOperationDescriptor} from '../../operations/operation.ts';
import {findOperation, OPERATIONS} from '../../operations/operation-table.ts';
import {createCheck, createValidator, type Check} from '../validation/create-validator.ts';

const parseTyped = createValidator('KmsOperation', {
  type: 'object',
  required: ['type'],
  properties: {type: {type: 'string'}},
});

/** What is posted where. */
interface Targets {
  readonly key: KeyOperationDescriptor;
  readonly keystore: NewKeyOperationDescriptor;
}

/**
 * Reads an operation's `type`, and nothing else of it, to know what it asks for.
 * @throws ValidationError where there is none, NotSupportedError where no such operation is posted to that `target`.
 */
export function readOperationType<T extends keyof Targets>(body: unknown, target: T): Targets[T] {
  const descriptor = findOperation(parseTyped(body).type);
  if (descriptor?.target !== target) {
    const supported = Object.values(OPERATIONS).flatMap((known) =>
      known.target === target ? [known.type] : [],
    );
    throw new NotSupportedError('KMS operation not supported.', {details: {supported}});
  }
  return descriptor as Targets[T];
}

const checks = new Map<OperationType, Check>();

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
