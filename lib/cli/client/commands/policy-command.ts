import {firstOperand, type ClientCommand} from '../client-command.ts';
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
  },
  help: [
    "Without options, prints the key's policy as JSON. With options, changes what they say and leaves the rest as it is; then prints",
    'the policy. Some bounds can only be made tighter: a key that is not exportable never will be, --min-decrypt-version only rises.',
  ],
  examples: [
    'policy invoices',
    'policy invoices --rotate-every 90d --rotate-after-uses 1000000',
    'policy invoices --min-decrypt-version 2 --deletion-protection on',
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
    const isEmpty = policy !== undefined && Object.keys(policy).length === 0;
    const key = policy ? await kms.updateKey(before.kid, {policy: isEmpty ? null : policy}) : before;
    const shown = key.policy ?? {};
    print(shown, [JSON.stringify(shown, undefined, 2)]);
    return 0;
  },
};
