import cluster from 'node:cluster';
import {parseArgs} from 'node:util';
import type {Logger} from 'pino';
import type {startServer} from '../app.ts';
import type {Settings} from '../config/settings.ts';
import {omitStacks} from '../kms-error.ts';
import type {SelfCheck} from '../self-check/self-check.ts';
import {EXIT_FAILURE, EXIT_USAGE, type Command, type Terminal} from './command.ts';
import {readSettings} from './read-settings.ts';
import {sealPrototypes} from './seal-prototypes.ts';
import {startFailure, startFailureMembers} from './start-failure.ts';
import {exitOnUncaught} from './uncaught.ts';

const HELP = [
  'Usage: webkms serve [--config FILE]',
  '',
  'Runs the server until SIGTERM or SIGINT, which let the requests in flight finish; a second one stops at once.',
  'SIGHUP reads the files of the TLS certificate again and opens the log file anew; with several workers it replaces',
  'them one after the other. No request is refused meanwhile.',
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
  const loadStart = async (): Promise<typeof startServer> => (await loadApp()).startServer;
  if (cluster.isWorker) return (await import('./serve-worker.ts')).serveAsWorker(loadStart);
  const {values} = parseArgs({args: [...args], options: {config: {type: 'string'}}, strict: true});
  const settings = await readSettings(values.config, terminal);
  if (settings === undefined) return EXIT_USAGE;
  const {createLogger} = await import('../observability/logger.ts');
  const log = createLogger({...settings.log, shared: settings.workers > 1});
  exitOnUncaught(process, log);
  // Before the rest of the program is loaded.
  const selfCheck = await selfCheckOf(settings, {log, terminal});
  if (!selfCheck) return EXIT_FAILURE;
  if (settings.workers > 1) {
    const {readSettingTexts} = await import('../config/load-settings.ts');
    const {servePrimary} = await import('./serve-primary.ts');
    const texts = readSettingTexts({configFile: values.config});
    const [, launcher = ''] = process.argv;
    return servePrimary(settings, {log, terminal, texts, launcher});
  }
  const start = await loadStart();
  sealPrototypes();
  if (!log.isLevelEnabled('debug')) omitStacks();
  const {serveAlone} = await import('./serve-alone.ts');
  return serveAlone(settings, {log, terminal, start, selfCheck});
}

/** @returns undefined where the program is not what was built, and that is asked for; which the terminal was told */
async function selfCheckOf(
  settings: Settings,
  {log, terminal}: {readonly log: Logger; readonly terminal: Terminal},
): Promise<SelfCheck | undefined> {
  const {beginSelfCheck} = await import('./begin-self-check.ts');
  try {
    return await beginSelfCheck(settings, log);
  } catch (error) {
    log.fatal(startFailureMembers(error, log), 'the server could not start');
    terminal.err(`webkms: ${startFailure(error, settings)}`);
    return undefined;
  }
}
