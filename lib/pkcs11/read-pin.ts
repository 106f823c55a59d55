import {RootOfTrustError} from '../sealing/root-of-trust-error.ts';
import {withSecret} from '../sealing/secrets.ts';
import {readPrivateFile} from '../sealing/wrappers/key-file.ts';
import {TokenError} from './token-error.ts';

const MAX_PIN_BYTES = 255;

/** The PIN in a private file: one line. @throws TokenError */
export async function readPin(path: string): Promise<string> {
  let line;
  try {
    line = await readPrivateFile(path, {name: 'The PIN file', maxBytes: MAX_PIN_BYTES + 3});
  } catch (error) {
    if (!(error instanceof RootOfTrustError)) throw error;
    throw new TokenError('pin-file', error.message, {cause: error});
  }
  return withSecret(line, (bytes) => {
    const pin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .toString('utf8')
      .replace(/\r?\n$/, '');
    if (pin === '' || /[\r\n\0\uFFFD]/.test(pin) || Buffer.byteLength(pin) > MAX_PIN_BYTES)
      throw new TokenError('pin-file', `The PIN file ${path} must hold one line: the PIN.`);
    return pin;
  });
}
