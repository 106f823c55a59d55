import {statSync} from 'node:fs';
import {destination, pino, symbols, type DestinationStream, type Logger} from 'pino';
import {describeErrorWithStack} from './describe-error.ts';
import {timeMember} from './info-line.ts';
import {LineBuffer} from './line-buffer.ts';

/**
 * Headers that authorise: never logged by us, and not by mistake either, at the places where headers stand in a log
 * line. (A wildcard for any place would double the time that a line takes.)
 */
const REDACTED_HEADERS = ['authorization', 'capability-invocation', 'digest', 'cookie'];
const REDACTED_PATHS = REDACTED_HEADERS.flatMap((name) => [
  `["${name}"]`,
  `headers["${name}"]`,
  `req.headers["${name}"]`,
]);

export interface LoggerOptions {
  readonly level: string;
  /** Path; standard error if not given. */
  readonly file?: string | undefined;
  /** Instead of a file. */
  readonly stream?: DestinationStream;
  /** Whether other processes write to the same place. */
  readonly shared?: boolean;
}

/**
 * `PIPE_BUF` of Linux: what is written to a pipe at once, and not longer, is not mixed with what others write. What is appended to
 * a file at once is not, however long: a file is locked while it is written to.
 */
const ATOMIC_BYTES = 4096;

const WRITTEN_TOGETHER = {maxLength: 32_768, maxMs: 100};
/** In UTF-8 no code unit of UTF-16 becomes more than three bytes. */
const ATOMIC_LENGTH = Math.floor(ATOMIC_BYTES / 3);

/**
 * A logger of JSON lines. Standard output is left to what the command says to people (`listening on …`).
 * Lines are written in the background, some together, a tenth of a second late at most; whatever makes the process exit, those
 * that are left are written then. Only those are lost that a process leaves which is killed.
 */
export function createLogger({level, file, stream, shared = false}: LoggerOptions): Logger {
  const isMixed = shared && !isAppendedTo(file);
  return pino(
    {
      level,
      base: null,
      timestamp: timeMember,
      formatters: {level: (label) => ({level: label})},
      serializers: {err: describeErrorWithStack},
      redact: {paths: REDACTED_PATHS, censor: '[redacted]'},
    },
    stream ??
      new LineBuffer(
        destination({
          ...{dest: file ?? 2, mkdir: true, mode: 0o600, sync: false},
          ...(isMixed && {maxWrite: ATOMIC_BYTES}),
        }),
        {...WRITTEN_TOGETHER, ...(isMixed && {maxLength: ATOMIC_LENGTH})},
      ),
  );
}

/** Whether it is a file, or becomes one. */
function isAppendedTo(path: string | undefined): boolean {
  try {
    return path !== undefined && statSync(path).isFile();
  } catch {
    return true;
  }
}

/** Writes a line that another process of the server has made. */
export function writeLogLine(log: Logger, line: string): void {
  const stream = (log as unknown as Readonly<Record<symbol, DestinationStream>>)[symbols.streamSym];
  stream?.write(line);
}

/** Goes on in a new file by the same name, where the log is in one: what has moved the old one away has it whole. */
export function reopenLogFile(log: Logger): void {
  const stream = (log as unknown as Readonly<Record<symbol, unknown>>)[symbols.streamSym];
  if (stream instanceof LineBuffer) stream.reopen();
}
