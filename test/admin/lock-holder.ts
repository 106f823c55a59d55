/**
 * A process that takes the lock of the data directory argv[2] (or shares it as a worker, where argv[3] is `worker`), says so,
 * and keeps it until its standard input ends.
 */
import {acquireDataDirectoryLock, shareDataDirectory} from '../../lib/admin/data-directory-lock.ts';

const [, , dataDir = '', role] = process.argv;
try {
  const lock = role === 'worker' ? shareDataDirectory(dataDir) : await acquireDataDirectoryLock(dataDir);
  process.stdout.write('held\n');
  process.stdin.resume().once('end', () => lock.release());
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.name : String(error)}\n`);
}
