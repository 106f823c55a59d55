import {firstOperand, type ClientCommand, type ClientInvocation, type Option} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {runFileCommand} from '../encrypted-files.ts';
import {INPUT_OPTION, readText, textOrFile} from '../inputs.ts';
import {kidOf} from '../key-operand.ts';
import {isStandardOutput, OUTPUT_OPTION} from '../outputs.ts';
import {rejectOutput} from '../text-result.ts';

export const CONTEXT_OPTION: Option = {
  value: 'TEXT',
  meaning:
    'of a text or a data key: additional data that is authenticated, not encrypted; it must be given again to decrypt',
};

const MAX_TEXT_BYTES = 65_536;

export const encryptCommand: ClientCommand = {
  operands: [{name: 'NAME'}, {name: 'TEXT', optional: true, isText: true}],
  options: {input: INPUT_OPTION, output: OUTPUT_OPTION, context: CONTEXT_OPTION},
  help: [
    'Encrypts TEXT (UTF-8, at most 65,536 bytes; "-": what standard input has) and prints webkms:v<version>:…; or a file of any',
    'size, in parts, under a data key of its own (docs/file-format.md). Arguments can be seen by other users of this machine:',
    'give secrets by standard input or as a file.',
  ],
  examples: [
    'encrypt invoices "text"',
    'encrypt invoices - < secret.txt',
    'encrypt invoices --input report.pdf --output report.pdf.webkms',
    'tar c folder | webkms encrypt invoices --input - --output folder.tar.webkms',
    'encrypt invoices -- "-text that begins with a dash"',
  ],
  run: async (invocation) => {
    const {io, options, print, operands} = invocation;
    const kid = kidOf(firstOperand(invocation));
    const {text, file} = textOrFile(invocation, operands[1], 'TEXT');
    if (file !== undefined) return encryptFile(invocation, kid, file);
    rejectOutput(options);
    const plaintext = await readText(text, io);
    if (plaintext.length > MAX_TEXT_BYTES) {
      plaintext.fill(0);
      throw new ClientError(
        'usage',
        `A text has at most ${MAX_TEXT_BYTES} bytes. Encrypt it as a file: --input FILE, or --input - for standard input`,
      );
    }
    const {kms} = await invocation.connect();
    const ciphertext = await kms.encrypt(kid, plaintext, readContext(invocation));
    plaintext.fill(0);
    print({ciphertext}, [ciphertext]);
    return 0;
  },
};

/** `--context`, as the operations take it. */
export function readContext({options}: Pick<ClientInvocation, 'options'>): {
  readonly additionalData?: Uint8Array;
} {
  const context = options.text('context');
  return context === undefined ? {} : {additionalData: Buffer.from(context, 'utf8')};
}

async function encryptFile(invocation: ClientInvocation, kid: string, file: string): Promise<number> {
  const {io, options} = invocation;
  if (isStandardOutput(options.text('output')) && io.outIsTerminal) {
    throw new ClientError('usage', 'What is encrypted is not for a terminal. Give --output FILE.');
  }
  const {encryptStream} = await import('../../../client/file-encryption/encrypt-stream.ts');
  return runFileCommand(invocation, {
    ...{file, step: 'encrypting', mode: 0o666},
    convert: (kms, bytes) => encryptStream(kms, kid, bytes),
  });
}
