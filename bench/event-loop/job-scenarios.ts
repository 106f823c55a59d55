import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {admin} from '../../test/support/admin-command.ts';
import type {Filled} from './fill.ts';
import type {Place} from './place.ts';
import type {Scenario} from './scenario.ts';

const command = (
  name: string,
  args: (place: Place, filled: Filled, run: number) => readonly string[],
): Scenario => ({
  name: `admin ${name}`,
  prepare: async (place, filled) => {
    let run = 0;
    const {dataDir, environment} = place;
    return () => admin(args(place, filled, run++), {dataDir, environment});
  },
});

const renew = (keystore: string): readonly string[] => [
  'rotate',
  '--keystore',
  keystore,
  '--rewrap',
  '--prune',
];

function passphraseFile({dataDir}: Place, run: number): string {
  const path = join(dataDir, `passphrase-${run}`);
  writeFileSync(path, `correct horse battery staple ${run}\n`, {mode: 0o600});
  return path;
}

/** What operators ask for, while the server answers. */
export const JOB_SCENARIOS: readonly Scenario[] = [
  {
    name: 'nothing but a light load',
    prepare: async () => async () => new Promise((resolve) => setTimeout(resolve, 2000)),
  },
  command('rotate --rewrap --prune, 1000 ML-DSA-87 keys', (_, {large}) => renew(large)),
  command('rotate --rewrap --prune, keys of 1000 versions', (_, {manyVersionsKeystore}) =>
    renew(manyVersionsKeystore),
  ),
  command('root add passphrase', (place, _, run) => [
    'root',
    'add',
    `passphrase:file=${passphraseFile(place, run)}`,
  ]),
  command('check', () => ['check']),
  command('backup', ({dataDir}, _, run) => ['backup', join(dataDir, `backup-${run}`)]),
  command('status', () => ['status']),
];
