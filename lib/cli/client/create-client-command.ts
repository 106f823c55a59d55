import {readClientEnvironment, type ClientEnvironment} from '../../config/client-environment.ts';
import type {Command, Terminal} from '../command.ts';
import {EXIT_INTERRUPTED, InterruptedError} from '../interruption.ts';
import type {ClientCommand} from './client-command.ts';
import type {ClientConnection} from './client-connection.ts';
import type {ClientIo} from './client-io.ts';
import {commandHelp} from './command-help.ts';
import type {ListedClientCommand} from './command-table.ts';
import type {ConnectOptions} from './connect.ts';
import {describeFailure} from './describe-failure.ts';
import {parseCommandLine, type CommandLine} from './parse-command-line.ts';
import {processClientIo} from './process-client-io.ts';
import {ProfileStore} from './profile/profile-store.ts';

export interface ClientDependencies {
  readonly createIo?: (terminal: Terminal) => ClientIo & Disposable;
  readonly connect?: (options: ConnectOptions) => Promise<ClientConnection>;
  readonly environment?: ClientEnvironment;
}

/** One command of clients as a subcommand of `webkms`. */
export async function createClientCommand(
  {name, summary, load}: ListedClientCommand,
  dependencies: ClientDependencies = {},
): Promise<Command> {
  const command = await load();
  return {
    name,
    summary,
    help: commandHelp(name, summary, command),
    run: async (args, terminal) => {
      const line = parseCommandLine(name, command, args);
      using io = (dependencies.createIo ?? processClientIo)(terminal);
      try {
        const code = await runCommand(command, line, {io, ...dependencies});
        await io.flush();
        return code;
      } catch (error) {
        if (error instanceof InterruptedError || io.interrupted.aborted) {
          io.err('webkms: interrupted.');
          return EXIT_INTERRUPTED;
        }
        const failure = describeFailure(error);
        if (!failure) throw error;
        io.err(`webkms: ${failure.message}`);
        return failure.code;
      }
    },
  };
}

async function runCommand(
  command: ClientCommand,
  {options, operands}: CommandLine,
  {
    io,
    connect = lazyConnect,
    environment = readClientEnvironment(),
  }: Omit<ClientDependencies, 'createIo'> & {readonly io: ClientIo},
): Promise<number> {
  const profiles = new ProfileStore(environment.home);
  const profile = options.text('profile') ?? environment.profile;
  const passphraseFile = options.text('passphrase-file') ?? environment.passphraseFile;
  let connection: Promise<ClientConnection> | undefined;
  const close = async (): Promise<void> => {
    await connection?.then((opened) => opened.close()).catch(() => undefined);
  };
  // What is waited for fails then.
  io.interrupted.addEventListener('abort', () => void close());
  try {
    return await command.run({
      ...{io, operands, options, profiles, profile, passphraseFile},
      connect: () => (connection ??= connect({profiles, profile, passphraseFile, io})),
      print: (result, lines) => {
        if (options.flag('json')) io.out(JSON.stringify(result, undefined, 2));
        else for (const line of lines) io.out(line);
      },
    });
  } finally {
    await close();
  }
}

/** What speaks with servers and stores is loaded where something is asked of them. */
async function lazyConnect(options: ConnectOptions): Promise<ClientConnection> {
  const {connect} = await import('./connect.ts');
  return connect(options);
}
