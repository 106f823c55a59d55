import type {KeyPolicyJson} from '../../../client/kms.ts';
import {YES_OPTION} from '../../confirm.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {confirm} from '../confirm.ts';
import {kidOf} from '../key-operand.ts';
import {readPolicy} from '../new-key-options.ts';
import {POLICY_OPTIONS} from '../policy-options.ts';

export const policyCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    'policy-file': {
      value: 'FILE',
      meaning: 'the whole policy as JSON (docs/keys.md); options change it',
      completion: 'file',
    },
    ...POLICY_OPTIONS,
    yes: YES_OPTION,
  },
  help: [
    "Without options, prints the key's policy as JSON. With options, changes what they say and leaves the rest as it is; then prints",
    'the policy. Some bounds can only be made tighter: a key that is not exportable never will be, --min-decrypt-version only rises.',
    'At a terminal you are asked once more before what older versions protect is given up.',
  ],
  examples: [
    'policy invoices',
    'policy invoices --rotate-every 90d --rotate-after-uses 1000000',
    'policy invoices --min-decrypt-version 2 --deletion-protection on --yes',
    'policy tls --allow sign --algorithms PS256 --rate 100/1s',
    'policy tls --rate off',
  ],
  run: async (invocation) => {
    const {options, print} = invocation;
    const kid = kidOf(firstOperand(invocation));
    // What is wrong with the options is said before anybody is asked.
    await readPolicy(options);
    const {kms} = await invocation.connect();
    const before = await kms.getKey(kid);
    const policy = await readPolicy(options, before.policy);
    const loss = policy && lossBy(policy, before.policy);
    if (loss !== undefined) await confirm(invocation, loss);
    const isEmpty = policy !== undefined && Object.keys(policy).length === 0;
    const key = policy ? await kms.updateKey(before.kid, {policy: isEmpty ? null : policy}) : before;
    const shown = key.policy ?? {};
    print(shown, [JSON.stringify(shown, undefined, 2)]);
    return 0;
  },
};

/** What is to be confirmed of a new policy, as a question; undefined: nothing. */
function lossBy(next: KeyPolicyJson, previous: KeyPolicyJson = {}): string | undefined {
  const {minDecryptVersion: floor = 1, destroyUsableVersions} = next;
  if (floor > (previous.minDecryptVersion ?? 1)) {
    return `Let versions below ${floor} neither decrypt nor verify any more?`;
  }
  if (destroyUsableVersions !== true || previous.destroyUsableVersions === true) return undefined;
  return 'Let rotations destroy versions that are still needed?';
}
