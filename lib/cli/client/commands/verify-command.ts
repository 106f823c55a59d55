import type {KeyAdministrationKms, Signature} from '../../../client/kms.ts';
import {NotFoundError} from '../../../errors.ts';
import {UsageError} from '../../command.ts';
import {firstOperand, type ClientCommand, type ClientInvocation} from '../client-command.ts';
import {EXIT_CODES} from '../client-error.ts';
import {INPUT_OPTION} from '../inputs.ts';
import {readSmallFile} from '../read-small-file.ts';
import {parseSignature} from '../signature-text.ts';
import {ALGORITHM_OPTION, readSignedData, type SignedData} from '../signed-data.ts';

export const verifyCommand: ClientCommand = {
  operands: [
    {name: 'NAME'},
    {name: 'DATA', optional: true, isText: true},
    {name: 'SIGNATURE', optional: true, isText: true},
  ],
  options: {
    input: INPUT_OPTION,
    signature: {value: 'SIGNATURE', meaning: 'what "webkms sign" printed'},
    'signature-file': {value: 'FILE', meaning: 'a file that holds it', completion: 'file'},
    algorithm: ALGORITHM_OPTION,
  },
  help: [
    'Checks a signature that "webkms sign" printed, over DATA or a file. Prints valid, and ends with 0; or invalid, and ends with 1.',
  ],
  examples: [
    'verify releases "data" webkms:v1:…',
    'verify releases --input webkms.tar.gz --signature webkms:v1:…',
    'verify releases --input webkms.tar.gz --signature-file webkms.tar.gz.sig',
  ],
  run: async (invocation) => {
    const {io, operands, print} = invocation;
    const signature = parseSignature(await readSignatureText(invocation));
    const kms = async () => (await invocation.connect()).kms;
    const signed = await readSignedData(invocation, {
      kms,
      name: firstOperand(invocation),
      text: operands[1],
    });
    if (!signature) {
      io.err('webkms: what was given as the signature is not of the form webkms:v<version>:<base64url>.');
    }
    const valid = signature !== undefined && (await isValid(await kms(), signed, signature));
    print({valid}, [valid ? io.paint('green', 'valid') : io.paint('red', 'invalid')]);
    return valid ? EXIT_CODES.ok : EXIT_CODES.failed;
  },
};

/** A signature of a version that there is not is not valid. */
async function isValid(
  kms: KeyAdministrationKms,
  {kid, data, options}: SignedData,
  {signature, keyVersion}: Signature,
): Promise<boolean> {
  try {
    return await kms.verify(kid, data, signature, {...options, keyVersion});
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const {versions} = await kms.getKey(kid);
    if (versions.some(({version}) => version === keyVersion)) throw error;
    return false;
  }
}

async function readSignatureText({options, operands}: ClientInvocation): Promise<string> {
  const file = options.text('signature-file');
  const given = [operands[2], options.text('signature'), file].filter((text) => text !== undefined);
  if (given.length !== 1) {
    throw new UsageError('give one of SIGNATURE, --signature SIGNATURE, --signature-file FILE.');
  }
  const [text = ''] = given;
  if (file === undefined) return text;
  return (await readSmallFile(file, 'The signature file')).toString('utf8').trim();
}
