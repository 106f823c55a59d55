import {AdminError} from '../../admin/admin-operation.ts';
import {RootOfTrustError} from '../../sealing/root-of-trust-error.ts';
import type {Terminal} from '../command.ts';
import {InterruptedError, type AdminIo} from './admin-io.ts';
import {askPerson} from './ask-person.ts';
import {decodeSecret, SecretLines} from './secret-lines.ts';

/** By the shell's convention: 128 + the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** One Ctrl+C may arrive twice: from the terminal, and passed on by the launcher. */
const SAME_SIGNAL_MS = 500;

/** The process's own terminal, standard input and signals, until it is disposed of. */
export function processIo(terminal: Terminal): AdminIo & Disposable {
  const lines = new SecretLines(process.stdin);
  const interactive = process.stdin.isTTY;
  const interruption = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= performance.now();
    interruption.abort(new InterruptedError());
    // A second one ends the process at once.
    if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
  };
  const {promise: interrupted, reject} = Promise.withResolvers<never>();
  interrupted.catch(() => undefined);
  interruption.signal.addEventListener('abort', () => reject(new InterruptedError()));
  let lost: Error | undefined;
  const onOutputError = (error: Error): void => void (lost ??= error);
  process.stdout.on('error', onOutputError);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    out: terminal.out,
    err: terminal.err,
    screen: process.stderr,
    interactive,
    // A read of standard input cannot be taken back, but nobody needs to wait for it.
    ask: (question) =>
      Promise.race([interactive ? askForText(question, interruption.signal) : lines.next(), interrupted]),
    flush: async () => {
      const {promise, resolve} = Promise.withResolvers<undefined>();
      process.stdout.write('', () => resolve(undefined));
      await promise;
      if (lost) throw outputLost(lost);
    },
    interrupted: interruption.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      process.stdout.off('error', onOutputError);
      lines.close();
    },
  };
}

async function askForText(question: string, interrupted: AbortSignal): Promise<string | undefined> {
  let answer: Uint8Array;
  try {
    answer = await askPerson(question, interrupted);
  } catch (error) {
    if (error instanceof RootOfTrustError) return undefined;
    throw error;
  }
  return decodeSecret(answer);
}

/** The console says nothing of it. */
function outputLost(error: Error): AdminError {
  const code = 'code' in error ? String(error.code) : error.name;
  const message = `Not everything could be written to standard output (${code}): what is there is not complete.`;
  return new AdminError('failed', message, {cause: error});
}
