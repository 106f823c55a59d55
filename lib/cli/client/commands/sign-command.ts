import {firstOperand, type ClientCommand} from '../client-command.ts';
import {INPUT_OPTION} from '../inputs.ts';
import {formatSignature} from '../signature-text.ts';
import {ALGORITHM_OPTION, readSignedData} from '../signed-data.ts';

export const signCommand: ClientCommand = {
  operands: [{name: 'NAME'}, {name: 'DATA', optional: true, isText: true}],
  options: {input: INPUT_OPTION, algorithm: ALGORITHM_OPTION},
  help: [
    'Signs DATA (UTF-8; "-": what standard input has) or a file, and prints webkms:v<version>:<signature in base64url>. ECDSA',
    'signatures are r‖s. Of a file only the digest is sent, where the algorithm hashes data first (ECDSA, RSA): it may then have any',
    'size. Else it has at most 65,536 bytes.',
  ],
  examples: [
    'sign releases "data"',
    'sign releases --input webkms.tar.gz',
    'sign tls --algorithm RS256 --input request.bin',
  ],
  run: async (invocation) => {
    const kms = async () => (await invocation.connect()).kms;
    const signed = await readSignedData(invocation, {
      kms,
      name: firstOperand(invocation),
      text: invocation.operands[1],
    });
    const signature = await (await kms()).sign(signed.kid, signed.data, signed.options);
    const text = formatSignature(signature);
    invocation.print({signature: text, key_version: signature.keyVersion}, [text]);
    return 0;
  },
};
