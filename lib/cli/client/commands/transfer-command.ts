import type {ClientCommand} from '../client-command.ts';
import {YES_OPTION} from '../../confirm.ts';
import {confirm} from '../confirm.ts';
import {parseDid} from '../option-parsers.ts';
import {parseOption} from '../option-values.ts';

export const transferCommand: ClientCommand = {
  options: {
    to: {value: 'DID', meaning: 'who is to control the keystore; may be given more than once', many: true},
    yes: YES_OPTION,
  },
  help: [
    'Gives the whole keystore, with all its keys, to another DID. From then on this profile can do nothing with it, and cannot',
    'take it back; unless its own DID is among several: each of them alone is a controller, and can do everything, this too. A second',
    "one, whose key lies in a safe, is what is left when the first one's key is lost.",
  ],
  examples: [
    'transfer --to did:key:z6Mk…',
    'transfer --to did:key:z6Mk… --yes',
    'transfer --to did:key:z6Mk…own --to did:key:z6Mk…other',
  ],
  run: async (invocation) => {
    const {options, print} = invocation;
    const texts = options.texts('to');
    if (texts.length === 0) options.required('to', 'the DID of who is to control the keystore');
    const dids = [...new Set(texts.map((text) => parseOption('to', text, parseDid)))];
    const to = dids.join(' and ');
    const connection = await invocation.connect();
    const authority = connection.authority();
    const {keystore} = connection.profile;
    await confirm(invocation, `Give ${keystore} and all its keys to ${to}?`);
    await authority.transfer(dids);
    print({keystore, controller: dids.length === 1 ? dids[0] : dids}, [
      `Transferred: ${keystore} is controlled by ${to}`,
    ]);
    return 0;
  },
};
