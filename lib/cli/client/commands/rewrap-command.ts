import {firstOperand, type ClientCommand} from '../client-command.ts';
import {runFileCommand} from '../encrypted-files.ts';
import {decryptionFailure, readCiphertext, withDecryptionAdvice} from '../ciphertexts.ts';
import {INPUT_OPTION, textOrFile} from '../inputs.ts';
import {kidOf} from '../key-operand.ts';
import {OUTPUT_OPTION} from '../outputs.ts';
import {rejectOutput} from '../text-result.ts';
import {CONTEXT_OPTION, readContext} from './encrypt-command.ts';

export const rewrapCommand: ClientCommand = {
  operands: [{name: 'NAME'}, {name: 'CIPHERTEXT', optional: true, isText: true}],
  options: {input: INPUT_OPTION, output: OUTPUT_OPTION, context: CONTEXT_OPTION},
  help: [
    'Encrypts anew, under the newest version of the key, what an older one encrypted; the plaintext stays in the KMS. Of a file',
    'only the data key is encrypted anew.',
  ],
  examples: [
    'rewrap invoices webkms:v1:…',
    'rewrap invoices --input report.pdf.webkms --output report.pdf.webkms',
  ],
  run: async (invocation) => {
    const {io, options, operands} = invocation;
    const kid = kidOf(firstOperand(invocation));
    const {text, file} = textOrFile(invocation, operands[1], 'CIPHERTEXT');
    if (file !== undefined) {
      const {rewrapStream} = await import('../../../client/file-encryption/encrypt-stream.ts');
      return runFileCommand(invocation, {
        ...{file, step: 'copying', mode: 0o666},
        convert: (kms, bytes) => withDecryptionAdvice(rewrapStream(kms, bytes, {kid})),
      });
    }
    rejectOutput(options);
    const before = await readCiphertext(text, io);
    const {kms} = await invocation.connect();
    const ciphertext = await kms.rewrap(kid, before, readContext(invocation)).catch(decryptionFailure);
    invocation.print({ciphertext}, [ciphertext]);
    return 0;
  },
};
