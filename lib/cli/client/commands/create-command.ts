import {findNamedKeyType} from '../../../keys/key-types.ts';
import {UsageError} from '../../command.ts';
import {closestWord} from '../../../config/closest-word.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {keyJson} from '../key-json.ts';
import {NEW_KEY_OPTIONS, readNewKeyOptions, TYPE_NAMES} from '../new-key-options.ts';

export const createCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    type: {value: 'TYPE', meaning: 'the type of the key, see below', completion: TYPE_NAMES},
    ...NEW_KEY_OPTIONS,
  },
  help: [
    'Makes a key with that name, which no other key of the keystore may have.',
    `Types: ${TYPE_NAMES.slice(0, TYPE_NAMES.length / 2).join(', ')},`,
    `  ${TYPE_NAMES.slice(TYPE_NAMES.length / 2).join(', ')}.`,
  ],
  examples: [
    'create invoices --type aes256 --rotate-every 90d',
    'create releases --type ecdsa-p256 --description "Signs releases" --tag team=build',
    'create tls --type rsa3072 --key-ops sign,verify --deletion-protection on',
  ],
  run: async (invocation) => {
    const {options, print} = invocation;
    const name = firstOperand(invocation);
    const type = parseType(options.required('type', 'the type of the key, e.g. aes256'));
    const newKey = await readNewKeyOptions(name, options);
    const {kms} = await invocation.connect();
    const key = await kms.createKey(type, newKey);
    print(keyJson(key), [`Created: ${name} (${key.shortName})  ${key.kid}`]);
    return 0;
  },
};

/** @throws UsageError */
export function parseType(text: string): string {
  const type = findNamedKeyType(text);
  if (type) return type.name;
  const closest = closestWord(text, TYPE_NAMES);
  const hint = closest === undefined ? '' : ` Did you mean ${closest}?`;
  throw new UsageError(`there is no type ${JSON.stringify(text)}.${hint} Types: ${TYPE_NAMES.join(', ')}.`);
}
