import {createPrivateKey} from 'node:crypto';
import {oneOf} from '../../../config/parsers.ts';
import {decodeBase64url} from '../../../encoding/base64url.ts';
import {UsageError} from '../../command.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {kidOf} from '../key-operand.ts';
import {isStandardOutput, OUTPUT_OPTION, writeResult} from '../outputs.ts';
import {parseVersion} from './state-commands.ts';

const FORMATS = ['jwk', 'pem', 'pkcs8', 'raw'] as const;

type Jwk = Readonly<Record<string, unknown>>;

export const exportCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    output: OUTPUT_OPTION,
    format: {
      value: 'FORMAT',
      meaning: 'jwk (default), pem or pkcs8 (DER) of a private key, raw of a symmetric one',
      completion: FORMATS,
    },
    version: {value: 'N', meaning: 'that version, not the newest'},
    force: {meaning: 'replaces a file that is there'},
  },
  help: [
    'Writes a private or secret key, which must have been made exportable, to a file (mode 0600) or to standard output. It comes',
    'wrapped to a key that is made for this call. For a public key: webkms public-key NAME',
  ],
  examples: [
    'export wallet --output wallet.jwk.json',
    'export tls --format pem --output tls.key.pem',
    'export invoices --format raw --version 1 --output key.bin',
  ],
  run: async (invocation) => {
    const {options} = invocation;
    const format = options.parse('format', oneOf(...FORMATS)) ?? 'jwk';
    if (format !== 'jwk' && options.flag('json') && isStandardOutput(options.text('output'))) {
      throw new UsageError('--json goes with --format jwk, or with --output FILE.');
    }
    const version = parseVersion(options);
    const {kms} = await invocation.connect();
    const jwk = await kms.exportPrivateKey(
      kidOf(firstOperand(invocation)),
      version === undefined ? {} : {version},
    );
    const bytes = formatKey(jwk, format);
    await writeResult(invocation, bytes, {mode: 0o600, overwrite: options.flag('force')});
    bytes.fill(0);
    return 0;
  },
};

function formatKey(jwk: Jwk, format: (typeof FORMATS)[number]): Buffer {
  switch (format) {
    case 'jwk':
      return Buffer.from(`${JSON.stringify(jwk, undefined, 2)}\n`);
    case 'raw':
      return rawKey(jwk);
    case 'pem':
    case 'pkcs8':
      return pkcs8(jwk, format);
  }
}

function rawKey({kty, k}: Jwk): Buffer {
  const bytes = kty === 'oct' && typeof k === 'string' ? decodeBase64url(k) : undefined;
  if (bytes) return bytes;
  throw new ClientError('usage', 'Only a symmetric key has the format raw. Use --format jwk or pem.');
}

function pkcs8(jwk: Jwk, format: 'pem' | 'pkcs8'): Buffer {
  if (jwk['kty'] === 'oct') {
    throw new ClientError('usage', 'A symmetric key has no PKCS#8 form. Use --format jwk or raw.');
  }
  try {
    const key = createPrivateKey({key: jwk, format: 'jwk'});
    return format === 'pem'
      ? Buffer.from(key.export({type: 'pkcs8', format: 'pem'}))
      : key.export({type: 'pkcs8', format: 'der'});
  } catch (cause) {
    throw new ClientError('failed', 'This key has no PKCS#8 form here. Use --format jwk.', {cause});
  }
}
