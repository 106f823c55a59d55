import {firstOperand, type ClientCommand} from '../client-command.ts';
import {keyJson} from '../key-json.ts';
import {kidOf} from '../key-operand.ts';

export const rotateCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  help: [
    'Makes a new version of the key: it encrypts and signs from now on. What older versions encrypted and signed still decrypts',
    'and verifies, until the policy says otherwise (webkms policy NAME --min-decrypt-version N).',
  ],
  examples: ['rotate invoices'],
  run: async (invocation) => {
    const name = firstOperand(invocation);
    const {kms} = await invocation.connect();
    const key = await kms.rotateKey(kidOf(name));
    invocation.print(keyJson(key), [`Rotated: ${name}, version ${key.currentVersion}`]);
    return 0;
  },
};
