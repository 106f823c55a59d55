import type {OperationBody} from '../../schemas/kms-operations.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {NewKeyContext} from './operation.ts';
import {planNewKey} from './plan-new-key.ts';

/** Plans a key that its module makes. */
export function planGenerateKey(
  {invocationTarget: target}: OperationBody<'GenerateKeyOperation'>,
  context: Omit<NewKeyContext, 'importTokens'>,
): () => Promise<KeyRecord> {
  const {id, record} = planNewKey(target, 'generated', context);
  return async () => record(await context.module.generateKey(id));
}
