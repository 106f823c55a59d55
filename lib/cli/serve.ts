import {existsSync} from 'node:fs';
import {parseArgs} from 'node:util';
import type {startServer} from '../app.ts';
import {EXIT_FAILURE, EXIT_USAGE, type Command, type Terminal} from './command.ts';
import {readSettings} from './read-settings.ts';
import {shutdownSignal} from './shutdown-signal.ts';
import {sealPrototypes} from './seal-prototypes.ts';
import {startFailure} from './start-failure.ts';
import {exitOnUncaught} from './uncaught.ts';

const HELP = [
  'Usage: webkms serve [--config FILE]',
  '',
  'Runs the server until SIGTERM or SIGINT, which let the requests in flight finish; a second one stops at once.',
  'Prints "listening on <url>" when it is ready. The log goes to standard error as JSON lines.',
  '',
  '  --config FILE  settings as NAME=value lines; what the environment says goes before it',
  '',
  'Settings are WEBKMS_ variables of the environment; README.md has the table.',
].join('\n');

/** Loads the composition root, which is dear: not before the settings are known to be good. */
type LoadApp = () => Promise<{readonly startServer: typeof startServer}>;

export function createServe(loadApp: LoadApp): Command {
  return {
    name: 'serve',
    summary: 'Run the server in the foreground',
    help: HELP,
    run: (args, terminal) => runServe(args, terminal, loadApp),
  };
}

async function runServe(args: readonly string[], terminal: Terminal, loadApp: LoadApp): Promise<number> {
  const {values} = parseArgs({args: [...args], options: {config: {type: 'string'}}, strict: true});
  const settings = await readSettings(values.config, terminal);
  if (settings === undefined) return EXIT_USAGE;
  const {createLogger} = await import('../observability/logger.ts');
  const log = createLogger(settings.log);
  exitOnUncaught(process, log);
  const {startServer} = await loadApp();
  sealPrototypes();
  let server;
  try {
    server = await startServer(settings, {log});
  } catch (error) {
    log.fatal({err: error}, 'the server could not start');
    terminal.err(`webkms: ${startFailure(error, settings)}`);
    return EXIT_FAILURE;
  }
  for (const notice of server.notices) terminal.out(notice);
  const stop = shutdownSignal(process);
  terminal.out(`listening on ${server.url}`);
  for (const line of whatNext(server.url)) terminal.out(line);
  const signal = await stop;
  log.info({signal}, 'draining');
  await server.close();
  log.info('stopped');
  return 0;
}

function whatNext(url: string): string[] {
  // The story comes with the project, not with the package.
  const hasStory = existsSync(new URL('../../examples/quickstart.ts', import.meta.url));
  return [
    `To see whether it is ready: ${url}/health/ready`,
    ...(hasStory ? ['To see everything it does, told by the official clients: npm run quickstart'] : []),
    'To stop it: Ctrl+C',
  ];
}
