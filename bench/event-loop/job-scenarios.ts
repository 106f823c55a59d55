import {join} from 'node:path';
import {admin} from '../../test/support/admin-command.ts';
import type {Scenario} from './scenario.ts';

const command = (
  name: string,
  args: (place: {readonly dataDir: string}, run: number) => string[],
): Scenario => ({
  name: `admin ${name}`,
  prepare: async (place) => {
    let run = 0;
    const {dataDir, environment} = place;
    return () => admin(args(place, run++), {dataDir, environment});
  },
});

/** What operators ask for, while the server answers. */
export const JOB_SCENARIOS: readonly Scenario[] = [
  {
    name: 'nothing but a light load',
    prepare: async () => async () => new Promise((resolve) => setTimeout(resolve, 2000)),
  },
  command('rotate', () => ['rotate', '--all']),
  command('rewrap', () => ['rewrap', '--all']),
  command('prune', () => ['prune', '--all']),
  command('check', () => ['check']),
  command('backup', ({dataDir}, run) => ['backup', join(dataDir, `backup-${run}-${Date.now()}`)]),
  command('status', () => ['status']),
];
