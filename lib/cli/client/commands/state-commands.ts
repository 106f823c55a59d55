import type {KeyAdministrationKms, KeyInfo} from '../../../client/kms.ts';
import {integer, parseDuration} from '../../../config/parsers.ts';
import {UsageError} from '../../command.ts';
import {YES_OPTION} from '../../confirm.ts';
import {firstOperand, type ClientCommand, type ClientInvocation, type Option} from '../client-command.ts';
import {confirm} from '../confirm.ts';
import {keyJson} from '../key-json.ts';
import {kidOf} from '../key-operand.ts';
import type {OptionValues} from '../option-values.ts';

const MAX_VERSION = 999_999_999;

const VERSION_OPTION: Option = {value: 'N', meaning: 'that version alone'};

export const disableCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {version: VERSION_OPTION},
  help: ['Nothing can be done with the key, or with that version, until it is enabled again.'],
  examples: ['disable invoices', 'disable invoices --version 1'],
  run: (invocation) => change(invocation, 'Disabled', (kms, kid, version) => kms.disableKey(kid, version)),
};

export const enableCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {version: VERSION_OPTION},
  help: ['Takes back: webkms disable'],
  examples: ['enable invoices', 'enable invoices --version 1'],
  run: (invocation) => change(invocation, 'Enabled', (kms, kid, version) => kms.enableKey(kid, version)),
};

export const deleteCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    version: {
      value: 'N',
      meaning: 'destroys that version alone, which must be disabled or retired, now and for good',
    },
    'recovery-window': {
      value: 'DURATION',
      meaning: "how long it can be restored (default: the server's, 30d)",
    },
    yes: YES_OPTION,
  },
  help: [
    'Deletes the key. Nothing can be done with it from now on, but it can be restored until its recovery window ends; then its',
    'material is erased. A version is destroyed at once: at a terminal you are asked once more.',
  ],
  examples: ['delete invoices', 'delete invoices --recovery-window 7d', 'delete invoices --version 1 --yes'],
  run: async (invocation) => {
    const recoveryWindowSeconds = invocation.options.parse('recovery-window', parseDuration);
    if (recoveryWindowSeconds !== undefined && invocation.options.has('version')) {
      throw new UsageError('give either --version or --recovery-window: a version is destroyed at once.');
    }
    const version = parseVersion(invocation.options);
    if (version !== undefined) {
      await confirm(invocation, `Destroy version ${version} of ${firstOperand(invocation)}?`);
    }
    return change(invocation, 'Deleted', (kms, kid, version) =>
      kms.deleteKey(kid, {...version, ...(recoveryWindowSeconds !== undefined && {recoveryWindowSeconds})}),
    );
  },
};

export const restoreCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  help: ['Takes back the deletion of a key, within its recovery window: it is then as it was before.'],
  examples: ['restore invoices'],
  run: (invocation) => change(invocation, 'Restored', (kms, kid) => kms.restoreKey(kid)),
};

/** @throws UsageError */
export function parseVersion(options: OptionValues): number | undefined {
  return options.parse('version', integer(1, MAX_VERSION));
}

async function change(
  invocation: ClientInvocation,
  done: string,
  work: (kms: KeyAdministrationKms, kid: string, version: {readonly keyVersion?: number}) => Promise<KeyInfo>,
): Promise<number> {
  const {options, print} = invocation;
  const name = firstOperand(invocation);
  const keyVersion = parseVersion(options);
  const {kms} = await invocation.connect();
  const key = await work(kms, kidOf(name), keyVersion === undefined ? {} : {keyVersion});
  const what = keyVersion === undefined ? name : `${name}, version ${keyVersion}`;
  const until =
    keyVersion === undefined && key.deletion ? ` It can be restored until ${key.deletion.destroyAt}.` : '';
  print(keyJson(key), [`${done}: ${what}${until === '' ? '' : `.${until}`}`]);
  return 0;
}
