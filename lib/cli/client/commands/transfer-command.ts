import type {ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {parseDid} from '../option-parsers.ts';
import {parseOption} from '../option-values.ts';

export const transferCommand: ClientCommand = {
  options: {
    to: {value: 'DID', meaning: 'who is to control the keystore'},
    yes: {meaning: 'does not ask at a terminal'},
  },
  help: [
    'Gives the whole keystore, with all its keys, to another DID. From then on this profile can do nothing with it, and cannot',
    'take it back. At a terminal you are asked once more; elsewhere it is done.',
  ],
  examples: ['transfer --to did:key:z6Mk…'],
  run: async ({io, options, print, connect}) => {
    const to = parseOption(
      'to',
      options.required('to', 'the DID of who is to control the keystore'),
      parseDid,
    );
    const connection = await connect();
    const authority = connection.authority();
    const {keystore} = connection.profile;
    if (io.interactive && !options.flag('yes')) {
      const answer = await io.ask(`Give ${keystore} and all its keys to ${to}, for good? Type yes: `);
      if (answer.trim() !== 'yes') throw new ClientError('failed', 'Nothing was done.');
    }
    await authority.transfer(to);
    print({keystore, controller: to}, [`Transferred: ${keystore} is controlled by ${to}`]);
    return 0;
  },
};
