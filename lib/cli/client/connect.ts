import type {ClientConnection} from './client-connection.ts';
import {ClientError} from './client-error.ts';
import type {ClientIo} from './client-io.ts';
import {existingPassphrase} from './profile/passphrase.ts';
import {readControllerKey} from './profile/controller-key-file.ts';
import type {ProfileStore} from './profile/profile-store.ts';

export interface ConnectOptions {
  readonly profiles: ProfileStore;
  /** The profile's name. */
  readonly profile: string;
  readonly passphraseFile: string | undefined;
  readonly io: ClientIo;
}

/** The keystore of a profile. A server is asked nothing yet. @throws ClientError */
export async function connect({
  profiles,
  profile: name,
  passphraseFile,
  io,
}: ConnectOptions): Promise<ClientConnection> {
  const profile = await profiles.get(name);
  if (profile.kind === 'local') {
    const {connectLocal} = await import('./connect-local.ts');
    return connectLocal(profile, io);
  }
  if (profile.kind === 'ipc') {
    const {connectIpcProfile} = await import('./connect-ipc.ts');
    return connectIpcProfile(profile);
  }
  const path = profiles.keyFile(name);
  const key = await readControllerKey(path, () => existingPassphrase({io, file: passphraseFile}));
  if (key.did !== profile.did) {
    throw new ClientError(
      'refused',
      `The controller key ${path} is that of ${key.did}, not of the profile's DID, ${profile.did}. Restore it from your backup.`,
    );
  }
  const {connectRemote} = await import('./connect-remote.ts');
  return connectRemote(profile, key);
}
