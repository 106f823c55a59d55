import type {ClientCommand} from '../client-command.ts';
import {columns} from '../columns.ts';
import {ClientError} from '../client-error.ts';
import type {Profile} from '../profile/profile.ts';

interface ListedProfile extends Partial<Pick<Profile, 'did' | 'keystore'>> {
  readonly name: string;
  /** Whether it is the one in use. */
  readonly current: boolean;
  /** Besides those of profiles `unusable`; and `unfinished`, where the init did not end. */
  readonly kind: string;
  /** Of a remote one, as the capabilities. */
  readonly server?: string;
  readonly capabilities?: readonly object[];
}

export const profilesCommand: ClientCommand = {
  help: [
    'Lists the profiles under WEBKMS_HOME: their DID, and the keystore that each uses. "*" is the one in use.',
  ],
  examples: ['profiles', 'WEBKMS_PROFILE=work webkms list', 'list --profile work'],
  run: async ({print, profiles, profile: current}) => {
    const found: ListedProfile[] = [];
    for (const name of await profiles.list()) {
      const profile = await profiles.find(name).then(summarize, unusable);
      found.push({name, current: name === current, ...profile});
    }
    print(
      found,
      columns([
        ['PROFILE', 'KIND', 'DID', 'KEYSTORE'],
        ...found.map((profile) => [
          `${profile.name}${profile.current ? ' *' : ''}`,
          profile.kind,
          profile.did ?? '',
          profile.keystore ?? '',
        ]),
      ]),
    );
    return 0;
  },
};

/** Without what fills pages: certificates, and proofs of capabilities. */
function summarize(profile: Profile | undefined): Omit<ListedProfile, 'name' | 'current'> {
  if (profile?.kind !== 'remote') return profile ?? {kind: 'unfinished'};
  const {kind, did, keystore, server} = profile;
  const capabilities = profile.capabilities.map(({id, invocationTarget, allowedAction, expires}) => ({
    ...{id, invocationTarget, allowedAction, expires},
  }));
  return {kind, did, keystore, server, capabilities};
}

function unusable(error: unknown): {readonly kind: 'unusable'} {
  if (!(error instanceof ClientError)) throw error;
  return {kind: 'unusable'};
}
