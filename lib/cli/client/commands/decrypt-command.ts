import {firstOperand, type ClientCommand} from '../client-command.ts';
import {runFileCommand} from '../encrypted-files.ts';
import {decryptionFailure, readCiphertext, withDecryptionAdvice} from '../ciphertexts.ts';
import {INPUT_OPTION, textOrFile} from '../inputs.ts';
import {kidOf} from '../key-operand.ts';
import {OUTPUT_OPTION} from '../outputs.ts';
import {printBytes, rejectOutput} from '../text-result.ts';
import {CONTEXT_OPTION, readContext} from './encrypt-command.ts';

export const decryptCommand: ClientCommand = {
  operands: [{name: 'NAME'}, {name: 'CIPHERTEXT', optional: true, isText: true}],
  options: {input: INPUT_OPTION, output: OUTPUT_OPTION, context: CONTEXT_OPTION},
  help: [
    'Decrypts what "webkms encrypt" printed (CIPHERTEXT; "-": what standard input has) and writes it as it was, byte by byte; on',
    'a terminal, a line feed follows. Or decrypts a file: an output file is there whole, or not at all. Of standard output, look',
    'at the exit code before you believe that it is complete.',
  ],
  examples: [
    'decrypt invoices webkms:v2:…',
    'decrypt invoices --input report.pdf.webkms --output report.pdf',
    'decrypt invoices --input folder.tar.webkms | tar x',
  ],
  run: async (invocation) => {
    const {io, options, operands} = invocation;
    const kid = kidOf(firstOperand(invocation));
    const {text, file} = textOrFile(invocation, operands[1], 'CIPHERTEXT');
    if (file !== undefined) {
      const {decryptStream} = await import('../../../client/file-encryption/encrypt-stream.ts');
      return runFileCommand(invocation, {
        ...{file, step: 'decrypting', mode: 0o600},
        convert: (kms, bytes) => withDecryptionAdvice(decryptStream(kms, bytes, {kid})),
      });
    }
    rejectOutput(options);
    const ciphertext = await readCiphertext(text, io);
    const {kms} = await invocation.connect();
    const plaintext = await kms.decrypt(kid, ciphertext, readContext(invocation)).catch(decryptionFailure);
    await printBytes(invocation, 'plaintext', plaintext);
    return 0;
  },
};
