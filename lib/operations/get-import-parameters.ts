import type {OperationBody, OperationReply} from '../../schemas/kms-operations.ts';
import {NotSupportedError} from '../errors.ts';
import type {NewKeyContext} from './operation.ts';

/** → a public key under which one key can be imported into this keystore, and the token that goes with it. */
export async function getImportParameters(
  _operation: OperationBody<'GetImportParametersOperation'>,
  {keystore, module, importTokens}: Pick<NewKeyContext, 'keystore' | 'module' | 'importTokens'>,
): Promise<OperationReply<'GetImportParametersOperation'>> {
  if (!module.importKey) throw new NotSupportedError('The key module does not import keys.');
  const {publicKey, importToken, expires} = await importTokens.create(keystore.id);
  return {publicKey, importToken, expires};
}
