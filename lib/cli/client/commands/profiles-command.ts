import type {ClientCommand} from '../client-command.ts';
import {columns} from '../columns.ts';
import {ClientError} from '../client-error.ts';
import type {Profile} from '../profile/profile.ts';

export const profilesCommand: ClientCommand = {
  help: [
    'Lists the profiles under WEBKMS_HOME: their DID, and the keystore that each uses. "*" is the one in use.',
  ],
  examples: ['profiles', 'WEBKMS_PROFILE=work webkms list', 'list --profile work'],
  run: async ({print, profiles, profile: current}) => {
    const found: {readonly name: string; readonly profile: Profile | undefined}[] = [];
    for (const name of await profiles.list()) {
      found.push({name, profile: await profiles.find(name).catch(unusable)});
    }
    print(
      found.map(({name, profile}) => ({name, current: name === current, ...profile})),
      columns([
        ['PROFILE', 'KIND', 'DID', 'KEYSTORE'],
        ...found.map(({name, profile}) => [
          `${name}${name === current ? ' *' : ''}`,
          profile?.kind ?? 'unusable',
          profile?.did ?? '',
          profile?.keystore ?? '',
        ]),
      ]),
    );
    return 0;
  },
};

function unusable(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
  return undefined;
}
