import type {ClientCommand} from '../client-command.ts';
import {YES_OPTION} from '../../confirm.ts';
import {confirm} from '../confirm.ts';
import {parseDid} from '../option-parsers.ts';
import {parseOption} from '../option-values.ts';

export const transferCommand: ClientCommand = {
  options: {
    to: {value: 'DID', meaning: 'who is to control the keystore'},
    yes: YES_OPTION,
  },
  help: [
    'Gives the whole keystore, with all its keys, to another DID. From then on this profile can do nothing with it, and cannot',
    'take it back. At a terminal you are asked once more.',
  ],
  examples: ['transfer --to did:key:z6Mk…', 'transfer --to did:key:z6Mk… --yes'],
  run: async (invocation) => {
    const {options, print} = invocation;
    const to = parseOption(
      'to',
      options.required('to', 'the DID of who is to control the keystore'),
      parseDid,
    );
    const connection = await invocation.connect();
    const authority = connection.authority();
    const {keystore} = connection.profile;
    await confirm(invocation, `Give ${keystore} and all its keys to ${to}?`);
    await authority.transfer(to);
    print({keystore, controller: to}, [`Transferred: ${keystore} is controlled by ${to}`]);
    return 0;
  },
};
