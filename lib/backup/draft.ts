import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {link, lstat, open, readdir, rename, rm, unlink} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {errorCode} from '../error-code.ts';
import {BackupError} from './backup-error.ts';

/** What SQLite puts beside a database. */
export const COMPANIONS = ['-wal', '-shm', '-journal'] as const;
const DRAFT = /^\.[0-9a-f]{16}\.draft(?:-wal|-shm|-journal)?$/;

/** Of this process: other drafts are left over from one that has died. */
const inUse = new Set<string>();

/** A file that is written beside the name it gets when it is whole, mode 0600. */
export class Draft {
  readonly path: string;
  readonly #target: string;

  private constructor(target: string) {
    this.#target = target;
    this.path = `${target}.${randomBytes(8).toString('hex')}.draft`;
    inUse.add(this.path);
  }

  /** Names a draft, and deletes those that a crash has left beside `target`. The caller discards it. */
  static async begin(target: string): Promise<Draft> {
    await deleteAbandoned(target);
    return new Draft(target);
  }

  /** Gives the file its name, durably; it replaces nothing. @throws BackupError, `exists` */
  async publish(): Promise<void> {
    const file = await open(this.path, 'r');
    await file.sync().finally(() => file.close());
    await giveName(this.path, this.#target);
    await syncDirectory(dirname(this.#target));
  }

  /** Deletes what is there by the draft's name. */
  async discard(): Promise<void> {
    try {
      for (const suffix of ['', ...COMPANIONS]) await rm(this.path + suffix, {force: true});
    } finally {
      inUse.delete(this.path);
    }
  }
}

/** @throws BackupError, `exists`, where there is anything by that name. */
export async function assertAbsent(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  throw exists(path);
}

async function giveName(path: string, target: string): Promise<void> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(path, target);
    await unlink(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') throw exists(target);
    // File systems without links: FAT, some of networks.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    await assertAbsent(target);
    await rename(path, target);
  }
}

async function deleteAbandoned(target: string): Promise<void> {
  const directory = dirname(target);
  const prefix = basename(target);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(prefix) || !DRAFT.test(name.slice(prefix.length))) continue;
    const path = join(directory, name);
    const isInUse = [...inUse].some((draft) => path.startsWith(draft));
    if (!isInUse) await rm(path, {force: true});
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync().finally(() => handle.close());
}

function exists(path: string): BackupError {
  return new BackupError('exists', `There is something at ${path} already. Nothing is overwritten.`);
}
