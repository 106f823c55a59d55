import {oneOf} from '../../../config/parsers.ts';
import {UsageError} from '../../command.ts';
import type {ClientCommand, ClientInvocation} from '../client-command.ts';
import {kidOf} from '../key-operand.ts';
import {OUTPUT_OPTION, writeResult} from '../outputs.ts';
import {parseVersion} from './state-commands.ts';

const FORMATS = ['pem', 'jwk', 'jwks'] as const;

export const publicKeyCommand: ClientCommand = {
  operands: [{name: 'NAME', optional: true}],
  options: {
    format: {value: 'FORMAT', meaning: 'pem (default; SPKI), jwk, or jwks: a JWK set', completion: FORMATS},
    version: {value: 'N', meaning: 'that version, not the newest'},
    output: OUTPUT_OPTION,
  },
  help: [
    'Prints the public key of a key. As a JWK set without NAME: those of all keys of the keystore that have one.',
  ],
  examples: [
    'public-key releases',
    'public-key releases --format jwk --version 1',
    'public-key --format jwks > jwks.json',
  ],
  run: async (invocation) => {
    const text = await publicKeyText(invocation);
    await writeResult(invocation, Buffer.from(text), {mode: 0o666, overwrite: true});
    return 0;
  },
};

async function publicKeyText({operands: [name], options, connect}: ClientInvocation): Promise<string> {
  const format = options.parse('format', oneOf(...FORMATS)) ?? (options.flag('json') ? 'jwk' : 'pem');
  const version = parseVersion(options);
  if (name === undefined) {
    if (format !== 'jwks' || version !== undefined)
      throw new UsageError('public-key takes NAME; all keys: --format jwks.');
    const keys = await (await connect()).kms.getPublicKeys();
    return json({keys: keys.map(({jwk}) => jwk)});
  }
  const key = await (await connect()).kms.getPublicKey(kidOf(name), version === undefined ? {} : {version});
  switch (format) {
    case 'pem':
      return `${key.toPem().trimEnd()}\n`;
    case 'jwk':
      return json(key.jwk);
    case 'jwks':
      return json({keys: [key.jwk]});
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
