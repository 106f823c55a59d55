import {keyOperation} from '../../../../schemas/key-metadata.ts';
import {OPERATION_ACTIONS} from '../../../client/kms-channel.ts';
import type {KeyInfo} from '../../../client/kms.ts';
import {oneOf} from '../../../config/parsers.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {kidOf} from '../key-operand.ts';
import {parseOption} from '../option-values.ts';
import {OUTPUT_OPTION, writeResult} from '../outputs.ts';
import {parseDid, parseTimeFrom} from '../option-parsers.ts';

/** Of operations on keys; what is done in a keystore is not delegated with a key. */
const ACTIONS = [...new Set(['read', ...Object.values(OPERATION_ACTIONS)])].filter(
  (action) => action !== 'generateKey' && action !== 'importKey',
);

const CRYPTOGRAPHIC: ReadonlySet<string> = new Set(keyOperation.enum);

/** What servers honour that were not told otherwise (`WEBKMS_MAX_DELEGATION_TTL`): they do not tell. */
const USUAL_LIFE_MS = 90 * 86_400_000;
const TOO_LONG =
  'webkms: a server refuses capabilities for more than 90 days, unless its operator has set WEBKMS_MAX_DELEGATION_TTL.';

export const delegateCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    to: {value: 'DID', meaning: 'who may use the key'},
    action: {
      value: 'ACTION',
      meaning: 'what they may do; may be given more than once',
      many: true,
      completion: ACTIONS,
    },
    expires: {value: 'WHEN', meaning: 'until when, e.g. 7d, or 2027-01-01T00:00:00Z'},
    output: OUTPUT_OPTION,
  },
  help: [
    'Signs a capability, by which somebody else may use the key, and prints it as JSON: it is theirs to keep, and yours, too, to',
    'revoke it. The server learns of it when it is used.',
    `Actions: ${ACTIONS.slice(0, 10).join(', ')},`,
    `  ${ACTIONS.slice(10).join(', ')}.`,
  ],
  examples: [
    'delegate releases --to did:key:z6Mk… --action sign --expires 7d',
    'delegate invoices --to did:key:z6Mk… --action encrypt --action decrypt --expires 12h --output for-bob.json',
  ],
  run: async (invocation) => {
    const {options} = invocation;
    const to = parseOption('to', options.required('to', 'the DID of who may use the key'), parseDid);
    options.required('expires', 'until when, e.g. 7d');
    const expires = options.parse('expires', parseTimeFrom(new Date())) ?? new Date();
    const actions = options.texts('action').flatMap((text) => text.split(','));
    if (actions.length === 0) options.required('action', 'what they may do, e.g. sign');
    for (const action of actions) parseOption('action', action, oneOf(...ACTIONS));
    const connection = await invocation.connect();
    const authority = connection.authority();
    const key = await connection.kms.getKey(kidOf(firstOperand(invocation)));
    assertCan(key, actions);
    if (expires.getTime() - Date.now() > USUAL_LIFE_MS) invocation.io.err(TOO_LONG);
    const capability = await authority.delegate({
      keyId: key.kid,
      to,
      actions: [...new Set(actions)],
      expires,
    });
    const text = `${JSON.stringify(capability, undefined, 2)}\n`;
    await writeResult(invocation, Buffer.from(text), {mode: 0o600, overwrite: true});
    return 0;
  },
};

/** @throws ClientError for what nobody can do with the key */
function assertCan({operations, shortName}: KeyInfo, actions: readonly string[]): void {
  const cannot = actions.find((action) => CRYPTOGRAPHIC.has(action) && !operations.includes(action));
  if (cannot === undefined) return;
  throw new ClientError(
    'usage',
    `Nobody can ${cannot} with this key, which is of type ${shortName}: it can ${operations.join(', ')}.`,
  );
}
