import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export interface TempDir {
  path(name: string): string;
  remove(): Promise<void>;
}

export async function makeTempDir(): Promise<TempDir> {
  const directory = await mkdtemp(join(tmpdir(), 'webkms-sealing-'));
  return {path: (name) => join(directory, name), remove: () => rm(directory, {recursive: true, force: true})};
}

/** Gives each test of the surrounding `describe` a fresh directory, removed afterwards. */
export function useTempDir(): TempDir['path'] {
  let directory: TempDir;
  beforeEach(async () => {
    directory = await makeTempDir();
  });
  afterEach(() => directory.remove());
  return (name) => directory.path(name);
}
