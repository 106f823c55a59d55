import {lstat, mkdir, readdir, rename} from 'node:fs/promises';
import {join} from 'node:path';
import {OutputExistsError, writeOutputFile} from '../../../client/file-encryption/output-file.ts';
import {errorCode} from '../../../error-code.ts';
import {UsageError} from '../../command.ts';
import {ClientError} from '../client-error.ts';
import {readPrivateFile} from './private-file.ts';
import {formatProfile, MAX_PROFILE_BYTES, parseProfile, type Profile} from './profile.ts';

/** Without a dot: what has one is kept aside, and no profile. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const PROFILE_FILE = 'profile.json';
const KEY_FILE = 'controller.key';

/**
 * The profiles of a person, each a directory (mode 0700) of private files under `<home>/profiles`. A file appears whole, and
 * never in the place of another one's target: links are not followed.
 */
export class ProfileStore {
  readonly #folder: string;

  /** @param home absolute; made when the first profile is. */
  constructor(home: string) {
    this.#folder = join(home, 'profiles');
  }

  /** @returns the names, sorted. */
  async list(): Promise<readonly string[]> {
    const entries = await readdir(this.#folder, {withFileTypes: true}).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw cannotUse(this.#folder, error);
    });
    return entries
      .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
      .map(({name}) => name)
      .sort();
  }

  /** @throws ClientError where there is no such profile, or it cannot be used; UsageError */
  async get(name: string): Promise<Profile> {
    const profile = await this.find(name);
    if (profile) return profile;
    const names = await this.list();
    if (names.includes(name)) {
      throw new ClientError(
        'not-found',
        `The profile "${name}" has no keystore: the init that was to make it did not end. Run it again: webkms init --profile ${name}, with --local or --server URL`,
      );
    }
    const others = names.length > 0 ? ` There is: ${names.join(', ')}.` : '';
    throw new ClientError(
      'not-found',
      `There is no profile "${name}".${others} Make one with: webkms init --local, or webkms init --server URL`,
    );
  }

  /** @throws ClientError where it cannot be used; UsageError */
  async find(name: string): Promise<Profile | undefined> {
    const directory = this.directory(name);
    if (!(await isOwnDirectory(directory))) return undefined;
    const path = join(directory, PROFILE_FILE);
    const bytes = await readPrivateFile(path, {name: 'The profile', maxBytes: MAX_PROFILE_BYTES});
    return bytes && parseProfile(bytes, path);
  }

  /** @param overwrite whether the profile may be there already. @throws ClientError */
  async write(name: string, profile: Profile, {overwrite = false} = {}): Promise<void> {
    await this.#writeFile(
      join(await this.#makeDirectory(name), PROFILE_FILE),
      formatProfile(profile),
      overwrite,
    );
  }

  /** @param bytes of the controller key's file. @throws ClientError where there is one already */
  async writeKey(name: string, bytes: Uint8Array): Promise<void> {
    await this.#makeDirectory(name);
    await this.#writeFile(this.keyFile(name), bytes, false);
  }

  /**
   * Makes way for a new profile: one that is there is put aside with `force`. What an `init` that did not end has left stays.
   * @returns where it is now; undefined where nothing was done. @throws ClientError where it is in the way
   */
  async makeWay(
    name: string,
    {force, now}: {readonly force: boolean; readonly now: Date},
  ): Promise<string | undefined> {
    if (force) return this.putAside(name, now);
    if (await this.find(name)) {
      throw new ClientError(
        'refused',
        `There is a profile "${name}" already. Make another with --profile NAME, or put it aside with --force.`,
      );
    }
    return undefined;
  }

  /** Puts a profile aside, controller key and all. @returns where it is now; undefined where there was none */
  async putAside(name: string, now: Date): Promise<string | undefined> {
    const directory = this.directory(name);
    if (!(await isOwnDirectory(directory))) return undefined;
    const aside = `${directory}.${now.toISOString().replaceAll(/[-:]/g, '').replace('.', '-')}`;
    await rename(directory, aside).catch((error: unknown) => {
      throw cannotUse(directory, error);
    });
    return aside;
  }

  /** @throws UsageError */
  directory(name: string): string {
    if (!NAME.test(name)) {
      throw new UsageError(
        'the name of a profile is 1 to 64 letters, digits, "_" and "-", and begins with neither of these.',
      );
    }
    return join(this.#folder, name);
  }

  keyFile(name: string): string {
    return join(this.directory(name), KEY_FILE);
  }

  async #makeDirectory(name: string): Promise<string> {
    const directory = this.directory(name);
    try {
      await mkdir(this.#folder, {recursive: true, mode: 0o700});
      await mkdir(directory, {mode: 0o700});
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw cannotUse(directory, error);
      await isOwnDirectory(directory);
    }
    return directory;
  }

  async #writeFile(path: string, bytes: Uint8Array, overwrite: boolean): Promise<void> {
    try {
      await writeOutputFile(path, only(bytes), {overwrite, mode: 0o600});
    } catch (error) {
      if (!(error instanceof OutputExistsError)) throw cannotUse(path, error);
      throw new ClientError('refused', `There is a file ${path} already. It is left as it is.`, {
        cause: error,
      });
    }
  }
}

/** @returns false where there is nothing. @throws ClientError where it is no directory, or others may write to it */
async function isOwnDirectory(path: string): Promise<boolean> {
  let stats;
  try {
    stats = await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw cannotUse(path, error);
  }
  if (!stats.isDirectory()) {
    throw new ClientError('refused', `${path} is no directory. Links are not followed.`);
  }
  const user = process.geteuid?.();
  if ((user !== undefined && stats.uid !== user) || (stats.mode & 0o022) !== 0) {
    throw new ClientError(
      'refused',
      `${path} belongs to another user, or others may write to it. It must be yours alone: chmod 700`,
    );
  }
  return true;
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function cannotUse(path: string, error: unknown): ClientError {
  const code = errorCode(error) ?? 'unknown error';
  return new ClientError('failed', `${path} cannot be used (${code}).`, {cause: error});
}
