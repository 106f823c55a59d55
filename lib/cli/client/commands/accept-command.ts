import {firstOperand, type ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {readCapability} from './revoke-command.ts';

export const acceptCommand: ClientCommand = {
  operands: [{name: 'CAPABILITY', completion: 'file'}],
  help: [
    'Adds to the profile a capability that somebody else has delegated to its DID: a file, "-" for standard input, or the JSON itself.',
    'Its key is then used by its URL, which this command prints.',
  ],
  examples: ['accept from-alice.json', 'sign https://kms.example/kms/keystores/z…/keys/z… "data"'],
  run: async (invocation) => {
    const {io, print, profiles, profile: name} = invocation;
    const capability = await readCapability(firstOperand(invocation), io);
    const profile = await profiles.get(name);
    if (profile.kind !== 'remote') {
      throw new ClientError(
        'refused',
        'Only profiles of a server over HTTPS have a use for capabilities: nobody delegates to it.',
      );
    }
    const {id, invocationTarget, controller} = capability;
    if (![controller].flat().includes(profile.did)) {
      throw new ClientError(
        'refused',
        `The capability was delegated to another DID than this profile's, ${profile.did}.`,
      );
    }
    const isHere =
      invocationTarget === profile.keystore || invocationTarget.startsWith(`${profile.keystore}/`);
    if (!isHere) {
      throw new ClientError(
        'refused',
        `The capability is for ${invocationTarget}, not for ${profile.keystore}. A profile for it, with the same DID: ${initLine(invocationTarget, profiles.keyFile(name))}`,
      );
    }
    const others = profile.capabilities.filter((other) => other.id !== id);
    await profiles.write(name, {...profile, capabilities: [...others, capability]}, {overwrite: true});
    print({id, target: invocationTarget}, [`Accepted: ${id}`, `For: ${invocationTarget}`]);
    return 0;
  },
};

/** How a profile for a keystore of somebody else is made. */
function initLine(target: string, keyFile: string): string {
  const [keystore = target] = /^https:\/\/[^/]+\/kms\/keystores\/[^/?]+/.exec(target) ?? [];
  const server = URL.parse(target)?.origin ?? 'URL';
  return `webkms init --profile NAME --server ${server} --keystore ${keystore} --key ${keyFile}; then accept it with --profile NAME`;
}
