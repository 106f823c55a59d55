import {firstOperand, type ClientCommand} from '../client-command.ts';
import {keyJson} from '../key-json.ts';
import {kidOf} from '../key-operand.ts';

export const infoCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  help: [
    'Prints what is known of a key, always as JSON: name, id, type, status, current_version, versions with their status and',
    'age, created_at, updated_at, operations, algorithms, kms_module, extractable, and what else was said of it: tags, policy, warnings.',
  ],
  examples: ['info invoices', 'info invoices | jq .versions'],
  run: async (invocation) => {
    const {kms} = await invocation.connect();
    const json = keyJson(await kms.getKey(kidOf(firstOperand(invocation))));
    invocation.print(json, [JSON.stringify(json, undefined, 2)]);
    return 0;
  },
};
