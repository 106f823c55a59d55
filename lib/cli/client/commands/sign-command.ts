import type {KeyAdministrationKms, Signature} from '../../../client/kms.ts';
import {oneOf} from '../../../config/parsers.ts';
import {UsageError} from '../../command.ts';
import {firstOperand, type ClientCommand, type ClientInvocation} from '../client-command.ts';
import {INPUT_OPTION} from '../inputs.ts';
import {kidOf} from '../key-operand.ts';
import {OUTPUT_OPTION, writeResult} from '../outputs.ts';
import {
  assertSignsDer,
  SIGNATURE_FORMAT_OPTION,
  SIGNATURE_FORMATS,
  signatureBytes,
} from '../signature-format.ts';
import {formatSignature} from '../signature-text.ts';
import {ALGORITHM_OPTION, readSignedData} from '../signed-data.ts';

export const signCommand: ClientCommand = {
  operands: [{name: 'NAME'}, {name: 'DATA', optional: true, isText: true}],
  options: {
    input: INPUT_OPTION,
    algorithm: ALGORITHM_OPTION,
    format: SIGNATURE_FORMAT_OPTION,
    output: OUTPUT_OPTION,
  },
  help: [
    'Signs DATA (UTF-8; "-": what standard input has) or a file, and prints webkms:v<version>:<signature in base64url>. ECDSA',
    'signatures are r‖s. Of a file only the digest is sent, where the algorithm hashes data first (ECDSA, RSA): it may then have any',
    'size. Else it has at most 65,536 bytes. Other programs take the bytes of --format raw or der.',
  ],
  examples: [
    'sign releases "data"',
    'sign releases --input webkms.tar.gz',
    'sign releases --input webkms.tar.gz --format der --output webkms.tar.gz.sig',
    'sign tls --algorithm RS256 --input request.bin',
  ],
  run: async (invocation) => {
    const {options} = invocation;
    const format = options.parse('format', oneOf(...SIGNATURE_FORMATS)) ?? 'webkms';
    const isText = format === 'webkms' || options.flag('json');
    if (isText && options.has('output'))
      throw new UsageError('--output goes with --format raw or der; a text, the shell can redirect.');
    const kms = async () => (await invocation.connect()).kms;
    const name = firstOperand(invocation);
    if (format === 'der') assertSignsDer(await (await kms()).getKey(kidOf(name)));
    const signature = await sign(invocation, kms, name);
    if (isText) {
      const text =
        format === 'webkms' ? formatSignature(signature) : base64(signatureBytes(signature, format));
      invocation.print({signature: text, key_version: signature.keyVersion}, [text]);
      return 0;
    }
    await writeResult(invocation, signatureBytes(signature, format), {mode: 0o666, overwrite: true});
    return 0;
  },
};

async function sign(
  invocation: ClientInvocation,
  kms: () => Promise<KeyAdministrationKms>,
  name: string,
): Promise<Signature> {
  const signed = await readSignedData(invocation, {kms, name, text: invocation.operands[1]});
  return (await kms()).sign(signed.kid, signed.data, signed.options);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
