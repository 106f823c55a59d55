import {firstOperand, type ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import type {CapabilityDocument} from '../profile/profile.ts';
import {readCapability} from './revoke-command.ts';

export const forgetCommand: ClientCommand = {
  operands: [{name: 'CAPABILITY', completion: 'file'}],
  help: [
    'Takes out of the profile what "webkms accept" has added: CAPABILITY is its id, the URL of the key that it is for, a file, "-" for',
    'standard input, the JSON itself, or "all". Nobody is told, and what was delegated from it goes on. A profile without',
    'capabilities acts as a controller of the keystore: do that when the keystore was transferred to you.',
  ],
  examples: ['forget from-alice.json', 'forget urn:uuid:0f3b…', 'forget all'],
  run: async (invocation) => {
    const {io, print, profiles, profile: name} = invocation;
    const text = firstOperand(invocation);
    const profile = await profiles.get(name);
    const accepted = profile.kind === 'remote' ? profile.capabilities : [];
    const isNamed = ({id, invocationTarget}: CapabilityDocument): boolean =>
      text === 'all' || text === id || text === invocationTarget;
    const named =
      text === 'all' || accepted.some(isNamed) ? accepted.filter(isNamed) : [await readCapability(text, io)];
    const ids = named.map(({id}) => id);
    const rest = accepted.filter(({id}) => !ids.includes(id));
    if (profile.kind !== 'remote' || rest.length === accepted.length) {
      throw new ClientError(
        'not-found',
        'The profile has no such capability. What it has: webkms profiles --json',
      );
    }
    await profiles.write(name, {...profile, capabilities: rest}, {overwrite: true});
    print(
      {forgotten: ids, left: rest.length},
      ids.map((id) => `Forgotten: ${id}`),
    );
    return 0;
  },
};
