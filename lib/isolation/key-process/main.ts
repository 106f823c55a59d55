import {Socket} from 'node:net';
import {serveHttpProcess} from './key-process.ts';

/** The end of the socket pair with the HTTP process. */
const HTTP_PROCESS = 3;
/** Of that with the primary of a server of several processes, which has made this one then, for one of its workers. */
const PRIMARY = 4;

const [, , worker] = process.argv;
process.title = worker === undefined ? 'webkms keys' : `webkms keys ${worker}`;
// The terminal sends them to all processes; who has made this one says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => undefined);

try {
  const primary = worker === undefined ? {} : {primary: new Socket({fd: PRIMARY})};
  await serveHttpProcess(new Socket({fd: HTTP_PROCESS}), primary);
  process.exit(0);
} catch (error) {
  process.stderr.write(`webkms key process: ${error instanceof Error ? error.message : 'it failed'}\n`);
  process.exit(1);
}
