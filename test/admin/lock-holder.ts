/** A process that takes the lock of the data directory argv[2], says so, and keeps it until its standard input ends. */
import {acquireDataDirectoryLock} from '../../lib/admin/data-directory-lock.ts';

const [, , dataDir = ''] = process.argv;
try {
  const lock = await acquireDataDirectoryLock(dataDir);
  process.stdout.write('held\n');
  process.stdin.resume().once('end', () => lock.release());
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.name : String(error)}\n`);
}
