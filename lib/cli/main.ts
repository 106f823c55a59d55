import {closestWord} from '../config/closest-word.ts';
import {errorCode} from '../error-code.ts';
import {EXIT_FAILURE, EXIT_USAGE, UsageError, type Command, type Terminal} from './command.ts';
import {packageVersion} from '../package-version.ts';
import {CLIENT_COMMANDS} from './client/command-table.ts';
import {createServe} from './serve.ts';

interface ListedCommand extends Pick<Command, 'name' | 'summary'> {
  load(): Promise<Command>;
}

const serve = createServe(() => import('../app.ts'));

const clients = CLIENT_COMMANDS.map((listed): ListedCommand => ({
  name: listed.name,
  summary: listed.summary,
  load: async () => (await import('./client/create-client-command.ts')).createClientCommand(listed),
}));

/** The subcommands, in the order of the help. Each loads what it needs when it runs. */
const COMMANDS: readonly ListedCommand[] = [
  {...serve, load: async () => serve},
  {
    name: 'admin',
    summary: 'Look after keys and roots of trust, of the running server or without one',
    load: async () => (await import('./admin/admin.ts')).createAdmin(),
  },
  ...clients,
];

/** What similar programs call what is here. */
const OTHERS_WORDS: ReadonlyMap<string, string> = new Map([
  ['backup', 'admin backup'],
  ['datakey', 'data-key'],
  ['describe', 'info'],
  ['generate-data-key', 'data-key'],
  ['grant', 'delegate'],
  ['keys', 'list'],
  ['login', 'init'],
  ['read', 'info'],
  ['seal', 'admin seal'],
  ['server', 'serve'],
  ['show', 'info'],
  ['status', 'admin status'],
  ['unseal', 'admin unseal'],
  ['whoami', 'profiles'],
]);

/** The console goes on where nobody reads any more (`webkms serve | head -1`); the streams would throw. */
const PROCESS_TERMINAL: Terminal = {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
};

/** Runs the `webkms` command. @returns the exit code */
export async function main(args: readonly string[], terminal: Terminal = PROCESS_TERMINAL): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof UsageError || isParseArgsError(error)) {
      // Some of Node's are of several lines.
      terminal.err(`webkms: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`);
      const command = COMMANDS.some(({name}) => name === args[0]) ? ` ${args[0]}` : '';
      terminal.err(`Try webkms${command} --help.`);
      return EXIT_USAGE;
    }
    terminal.err(`webkms: ${error instanceof Error ? error.message : 'failed'}`);
    return EXIT_FAILURE;
  }
}

async function dispatch([first, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  switch (first) {
    case undefined:
      terminal.err(usage());
      return EXIT_USAGE;
    case '--version':
      terminal.out(packageVersion());
      return 0;
    case '--help':
    case '-h':
      terminal.out(usage());
      return 0;
    case 'help':
      terminal.out(rest[0] === undefined ? usage() : explain(await findCommand(rest[0]), rest.slice(1)));
      return 0;
  }
  const command = await findCommand(first);
  const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (options.includes('--help') || options.includes('-h')) {
    terminal.out(explain(command, options));
    return 0;
  }
  return command.run(rest, terminal);
}

function explain(command: Command, words: readonly string[]): string {
  return command.helpOn?.(words.filter((word) => !word.startsWith('-'))) ?? command.help;
}

async function findCommand(word: string): Promise<Command> {
  const command = COMMANDS.find(({name}) => name === word);
  if (command) return command.load();
  const closest = OTHERS_WORDS.get(word) ?? closestWord(word, [...COMMANDS.map(({name}) => name), 'help']);
  throw new UsageError(
    `there is no command ${JSON.stringify(word)}${closest === undefined ? '.' : `; did you mean ${closest}?`}`,
  );
}

function usage(): string {
  const width = Math.max(...COMMANDS.map(({name}) => name.length), 'help'.length);
  const rows = [...COMMANDS, {name: 'help', summary: 'Explain a command: webkms help serve'}].map(
    ({name, summary}) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return [
    'Usage: webkms <command> [options]',
    '',
    ...rows,
    '',
    'Options: --help, --version; of each command for keys also --profile NAME and --json',
  ].join('\n');
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && errorCode(error)?.startsWith('ERR_PARSE_ARGS_') === true;
}
