import {Socket} from 'node:net';
import {serveHttpProcess} from './key-process.ts';

/** The end of the socket pair that the HTTP process has made this process with. */
const DESCRIPTOR = 3;

process.title = 'webkms keys';
// The terminal sends them to all processes; the HTTP process says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

try {
  await serveHttpProcess(new Socket({fd: DESCRIPTOR}));
  process.exit(0);
} catch (error) {
  process.stderr.write(`webkms key process: ${error instanceof Error ? error.message : 'it failed'}\n`);
  process.exit(1);
}
