import {withSecret} from '../../../sealing/secrets.ts';
import {ClientError} from '../client-error.ts';
import type {ClientIo} from '../client-io.ts';
import {ControllerKey, newControllerSeed} from './controller-key.ts';
import {
  controllerKeyBytes,
  formatControllerKey,
  isSealedKey,
  openControllerKey,
} from './controller-key-file.ts';
import {existingPassphrase, newPassphrase} from './passphrase.ts';
import type {ProfileStore} from './profile-store.ts';

export interface PreparedKey {
  readonly key: ControllerKey;
  /** Of its file. */
  readonly path: string;
  readonly isSealed: boolean;
  /** An `init` that did not end left it. */
  readonly wasThere: boolean;
}

/**
 * The controller key of a new profile: that of a backup, or that which an `init` that did not end has made, or else a new one. It
 * is in its file when this resolves, before anything is controlled by it.
 * @throws ClientError
 */
export async function prepareControllerKey({
  profiles,
  name,
  io,
  passphraseFile,
  importFrom,
}: {
  readonly profiles: ProfileStore;
  readonly name: string;
  readonly io: ClientIo;
  readonly passphraseFile: string | undefined;
  /** Absolute. */
  readonly importFrom?: string;
}): Promise<PreparedKey> {
  const path = profiles.keyFile(name);
  const passphraseSource = {io, file: passphraseFile};
  const open = (bytes: Uint8Array, from: string): Promise<ControllerKey> =>
    openControllerKey(bytes, from, () => existingPassphrase(passphraseSource));

  if (importFrom !== undefined) {
    return withSecret(await readBackup(importFrom), async (backup) => {
      const wasThere = await isLeft(path, backup);
      const key = await open(backup, importFrom);
      if (!wasThere) await profiles.writeKey(name, backup);
      return {key, path, isSealed: isSealedKey(backup), wasThere};
    });
  }
  const left = await controllerKeyBytes(path);
  if (left) {
    return withSecret(left, async () => {
      const isSealed = isSealedKey(left);
      if (!isSealed && passphraseFile !== undefined) {
        const message = `There is a controller key ${path} already, and no passphrase seals it. To put it aside: --force`;
        throw new ClientError('refused', message);
      }
      return {key: await open(left, path), path, isSealed, wasThere: true};
    });
  }
  return withSecret(newControllerSeed(), async (seed) => {
    const passphrase = await newPassphrase(passphraseSource);
    const bytes = await formatControllerKey(seed, passphrase);
    passphrase?.fill(0);
    await withSecret(bytes, () => profiles.writeKey(name, bytes));
    return {key: new ControllerKey(seed), path, isSealed: passphrase !== undefined, wasThere: false};
  });
}

async function readBackup(path: string): Promise<Uint8Array> {
  const backup = await controllerKeyBytes(path);
  if (backup) return backup;
  throw new ClientError('not-found', `The controller key file ${path} does not exist.`);
}

/** Whether an `init` that did not end has copied the backup already. @throws ClientError where there is another key */
async function isLeft(path: string, backup: Uint8Array): Promise<boolean> {
  const left = await controllerKeyBytes(path);
  if (!left) return false;
  return withSecret(left, () => {
    if (Buffer.compare(left, backup) === 0) return true;
    throw new ClientError(
      'refused',
      `There is another controller key ${path} already. To put it aside: --force`,
    );
  });
}
