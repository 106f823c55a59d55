import {readIpcCredential} from '../../../client/local/ipc-credential.ts';
import {parsePath} from '../../../config/parsers.ts';
import {ipcIdentity} from '../../../ipc/ipc-identity.ts';
import {UsageError} from '../../command.ts';
import type {ClientInvocation} from '../client-command.ts';
import {connectIpcProfile} from '../connect-ipc.ts';
import type {IpcProfile} from '../profile/profile.ts';

const FOREIGN = [
  'local',
  'data-dir',
  'config',
  'server',
  'ca',
  'keystore',
  'key-module',
  'key',
  'capability',
] as const;

/** `webkms init --ipc FILE`: what the server's operator has given says which keystore, and who one is. It stays where it is. */
export async function initIpc(invocation: ClientInvocation): Promise<number> {
  const {io, options, print, profiles, profile: name} = invocation;
  const foreign = FOREIGN.find((option) => options.has(option));
  if (foreign !== undefined) throw new UsageError(`--${foreign} does not go with --ipc.`);
  const credential = options.parse('ipc', parsePath) ?? '';
  const manifest = options.parse('manifest', parsePath);
  const {keystoreId: keystore, secret} = await readIpcCredential(credential);
  const {did} = ipcIdentity(secret);
  secret.fill(0);
  const profile: IpcProfile = {
    ...{kind: 'ipc', did, keystore, credential},
    ...(manifest !== undefined && {manifest}),
  };
  // Whether the server takes it is known before a profile is made.
  const connection = await connectIpcProfile(profile);
  await connection.close();
  const aside = await profiles.makeWay(name, {force: options.flag('force'), now: new Date()});
  if (aside !== undefined) io.err(`The profile that was there is now ${aside}`);
  await profiles.write(name, profile);
  print({profile: name, ...profile}, [`Profile: ${name}`, `DID: ${did}`, `Keystore: ${keystore}`]);
  return 0;
}
