import {integer} from '../../../config/parsers.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {kidOf} from '../key-operand.ts';
import {CONTEXT_OPTION, readContext} from './encrypt-command.ts';

export const dataKeyCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    bytes: {value: 'N', meaning: 'its length, 16 to 1024; default: 32'},
    context: CONTEXT_OPTION,
  },
  help: [
    'Makes a key for a program to encrypt with by itself, and prints it twice: as it is (base64url), to be used and forgotten; and',
    'encrypted under the key NAME, to be kept beside what it encrypts. "webkms decrypt NAME CIPHERTEXT" gives its bytes back. Files',
    'need none: "webkms encrypt --input" makes one for each.',
  ],
  examples: ['data-key invoices --json', 'data-key invoices --bytes 16 --context "table customers"'],
  run: async (invocation) => {
    const {options, print} = invocation;
    const kid = kidOf(firstOperand(invocation));
    const numberOfBytes = options.parse('bytes', integer(16, 1024));
    const {kms} = await invocation.connect();
    const {plaintext: bytes, ciphertext} = await kms.generateDataKey(kid, {
      ...(numberOfBytes !== undefined && {numberOfBytes}),
      ...readContext(invocation),
    });
    const plaintext = Buffer.from(bytes).toString('base64url');
    bytes.fill(0);
    print({plaintext, ciphertext}, [`Plaintext: ${plaintext}`, `Ciphertext: ${ciphertext}`]);
    return 0;
  },
};
