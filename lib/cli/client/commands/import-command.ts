import type {ImportedKey} from '../../../client/kms.ts';
import {oneOf} from '../../../config/parsers.ts';
import {findNamedKeyType} from '../../../keys/key-types.ts';
import {UsageError} from '../../command.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {collect} from '../collect.ts';
import {INPUT_OPTION, openInput} from '../inputs.ts';
import {parseJsonObject} from '../json-file.ts';
import {keyJson} from '../key-json.ts';
import {NEW_KEY_OPTIONS, readNewKeyOptions, TYPE_NAMES} from '../new-key-options.ts';
import {parseType} from './create-command.ts';

const FORMATS = ['jwk', 'pem', 'pkcs8', 'raw'] as const;
type Format = (typeof FORMATS)[number];
const MAX_KEY_BYTES = 64 * 1024;
/** JWK, PEM and PKCS#8 of any key are longer; symmetric keys are not. */
const MAX_RAW_BYTES = 32;

export const importCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    input: INPUT_OPTION,
    format: {
      value: 'FORMAT',
      meaning: "jwk, pem, pkcs8 (DER) or raw (a symmetric key's bytes); default: what the file looks like",
      completion: FORMATS,
    },
    type: {
      value: 'TYPE',
      meaning:
        'the type of the key, where the file does not tell: of raw keys, and to import a P-256 key for ECDH',
      completion: TYPE_NAMES,
    },
    ...NEW_KEY_OPTIONS,
  },
  help: [
    'Makes a key of one that exists: a JWK with its private members, PKCS#8 in PEM or DER, or the bytes of a symmetric key. It is',
    "sent wrapped under a one-time key of the server's. Afterwards, destroy the file: a copy of the key is no longer kept by the KMS",
    'alone.',
  ],
  examples: [
    'import old-tls --input tls.key.pem',
    'import invoices --input key.bin --type aes256',
    'import wallet --input wallet.jwk.json --exportable',
  ],
  run: async (invocation) => {
    const {io, options, print} = invocation;
    const name = firstOperand(invocation);
    const file = options.required('input', 'the file of the key; "-" is standard input');
    const type = options.parse('type', parseType);
    const format = options.parse('format', oneOf(...FORMATS));
    const newKey = await readNewKeyOptions(name, options);
    const bytes = await collect((await openInput(file, io)).bytes, {
      maxBytes: MAX_KEY_BYTES,
      name: `The key ${file}`,
    });
    const key = readImportedKey(bytes, format ?? guessFormat(bytes, type));
    if ('raw' in key && type === undefined)
      options.required('type', 'the bytes of a key do not tell what it is');
    const {kms} = await invocation.connect();
    const {kid} = await kms.importPrivateKey(key, {...newKey, ...(type !== undefined && {alg: type})});
    bytes.fill(0);
    const info = await kms.getKey(kid);
    print(keyJson(info), [`Imported: ${name} (${info.shortName})  ${kid}`]);
    return 0;
  },
};

function guessFormat(bytes: Buffer, type: string | undefined): Format {
  if (bytes.length <= MAX_RAW_BYTES) return 'raw';
  const start = bytes.subarray(0, 256).toString('latin1').trimStart();
  if (start.startsWith('{')) return 'jwk';
  if (start.startsWith('-----BEGIN')) return 'pem';
  const isSymmetric = type !== undefined && findNamedKeyType(type)?.publicKey === undefined;
  return isSymmetric ? 'raw' : 'pkcs8';
}

function readImportedKey(bytes: Buffer, format: Format): ImportedKey {
  switch (format) {
    case 'jwk':
      return {jwk: parseJsonObject(bytes, 'The JWK')};
    case 'pem':
      return {pem: readPem(bytes)};
    case 'pkcs8':
      return {pkcs8: bytes};
    case 'raw':
      return {raw: bytes};
  }
}

function readPem(bytes: Buffer): string {
  const text = bytes.toString('latin1').trim();
  if (text.includes('ENCRYPTED')) {
    throw new UsageError(
      'the key is encrypted by a passphrase. Decrypt it first, e.g. with: openssl pkcs8 -in FILE -topk8 -nocrypt',
    );
  }
  return text;
}
