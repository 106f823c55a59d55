import {parseArgs} from 'node:util';
import {ServerGoneError} from '../../admin/admin-client.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import {closestWord} from '../../config/closest-word.ts';
import {EXIT_FAILURE, EXIT_USAGE, UsageError, type Command, type Terminal} from '../command.ts';
import {EXIT_INTERRUPTED, InterruptedError} from '../interruption.ts';
import {ProgressDisplay} from '../progress-display.ts';
import {readSettings} from '../read-settings.ts';
import type {AdminCommand, OptionValues} from './admin-command.ts';
import type {AdminIo} from './admin-io.ts';
import {ADMIN_COMMANDS} from './command-table.ts';
import {connect} from './connect.ts';
import {processIo} from './process-io.ts';

const SHARED_OPTIONS = {
  config: {
    value: 'FILE',
    meaning: "the server's settings, as NAME=value lines; the environment goes before it",
  },
  json: {meaning: 'writes the result as JSON'},
} as const;

export interface AdminDependencies {
  readonly commands?: readonly AdminCommand[];
  readonly createIo?: (terminal: Terminal) => AdminIo & Disposable;
}

/** `webkms admin`: what an operator asks of the running server, or does to the store while none runs. */
export function createAdmin({
  commands = ADMIN_COMMANDS,
  createIo = processIo,
}: AdminDependencies = {}): Command {
  return {
    name: 'admin',
    summary: 'Look after keys and roots of trust, of the running server or without one',
    help: overview(commands),
    helpOn: (words) => helpOn(words, commands),
    run: async (args, terminal) => {
      if (args.length === 0) {
        terminal.err(overview(commands));
        return EXIT_USAGE;
      }
      const {command, rest} = findCommand(args, commands);
      const {values, operands} = parse(command, rest);
      const settings = await readSettings(values['config'] as string | undefined, terminal);
      if (!settings) return EXIT_USAGE;
      using io = createIo(terminal);
      const display = new ProgressDisplay(io.screen);
      const output = {
        report: display.report,
        write: async (line: string): Promise<void> => {
          display.clear();
          io.out(line);
        },
      };
      try {
        const code = await command.run({
          settings,
          io,
          values,
          operands,
          output,
          connect: ({create, write = output.write} = {}) =>
            connect(settings, {...(create !== undefined && {create}), io, output: {...output, write}}),
          print: (result, lines) => {
            display.clear();
            if (values['json'] === true) io.out(JSON.stringify(result, undefined, 2));
            else for (const line of lines) io.out(line);
          },
        });
        await io.flush();
        return code;
      } catch (error) {
        display.clear();
        if (error instanceof InterruptedError) {
          io.err(
            `webkms: interrupted.${command.whenInterrupted === undefined ? '' : ` ${command.whenInterrupted}`}`,
          );
          return EXIT_INTERRUPTED;
        }
        if (!(error instanceof AdminError)) throw error;
        const {whenInterrupted} = command;
        const isGone = error instanceof ServerGoneError && whenInterrupted !== undefined;
        io.err(`webkms: ${error.message}${isGone ? ` ${whenInterrupted}` : ''}`);
        return error.reason === 'invalid' ? EXIT_USAGE : EXIT_FAILURE;
      }
    },
  };
}

function findCommand(
  args: readonly string[],
  commands: readonly AdminCommand[],
): {readonly command: AdminCommand; readonly rest: readonly string[]} {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return {command, rest: args.slice(words)};
  }
  const [first = '', second] = args;
  const group = commands.filter(({name}) => name.startsWith(`${first} `)).map(({name}) => name);
  if (group.length > 0 && second === undefined) throw new UsageError(`there is: ${group.join(', ')}.`);
  const given = group.length > 0 ? `${first} ${second ?? ''}` : first;
  const names = commands.map(({name}) => name);
  const closest = names.find((name) => name.startsWith(given)) ?? closestWord(given, names);
  throw new UsageError(
    `there is no command ${JSON.stringify(`admin ${given}`)}${closest === undefined ? '.' : `; did you mean admin ${closest}?`}`,
  );
}

function parse(
  {name, operands: wanted = [], options = {}}: AdminCommand,
  args: readonly string[],
): {readonly values: OptionValues; readonly operands: readonly string[]} {
  const all: NonNullable<AdminCommand['options']> = {...SHARED_OPTIONS, ...options};
  const {values, positionals} = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(all).map(([option, {value}]) => [
        option,
        {type: value === undefined ? ('boolean' as const) : ('string' as const)},
      ]),
    ),
    allowPositionals: true,
    strict: true,
  });
  if (positionals.length !== wanted.length || positionals.includes('')) {
    const needs = wanted.length === 0 ? 'takes no operand' : `takes ${wanted.join(' ')}`;
    throw new UsageError(`admin ${name} ${needs}.`);
  }
  const empty = Object.keys(values).find((option) => values[option] === '');
  if (empty !== undefined) throw new UsageError(`admin ${name}: --${empty} is empty.`);
  return {values: values, operands: positionals};
}

function helpOn(words: readonly string[], commands: readonly AdminCommand[]): string | undefined {
  if (words.length === 0) return undefined;
  const {command} = findCommand(words, commands);
  const options = Object.entries({...command.options, ...SHARED_OPTIONS}) as [
    string,
    {readonly value?: string; readonly meaning: string},
  ][];
  const spelled = options.map(([name, {value, meaning}]) => ({
    name: `--${name}${value === undefined ? '' : ` ${value}`}`,
    meaning,
  }));
  const width = Math.max(...spelled.map(({name}) => name.length));
  return [
    `Usage: webkms admin ${[command.name, ...(command.operands ?? [])].join(' ')} [options]`,
    '',
    ...command.help,
    '',
    ...spelled.map(({name, meaning}) => `  ${name.padEnd(width)}  ${meaning}`),
  ].join('\n');
}

function overview(commands: readonly AdminCommand[]): string {
  const rows = commands.map(({name, operands = [], summary}) => ({
    words: [name, ...operands].join(' '),
    summary,
  }));
  const width = Math.max(...rows.map(({words}) => words.length));
  return [
    'Usage: webkms admin <command> [options]',
    '',
    ...rows.map(({words, summary}) => `  ${words.padEnd(width)}  ${summary}`),
    '',
    'Asks the server that runs on the data directory (WEBKMS_DATA_DIR, or --config FILE); where none runs, works on the store',
    'itself. Exit codes: 0 done, 1 failed or something was found, 2 the command line or the settings are wrong.',
    'On one command: webkms admin <command> --help',
  ].join('\n');
}
