import {RootOfTrustError} from '../../sealing/root-of-trust-error.ts';
import {promptSecret} from '../../sealing/wrappers/terminal-prompt.ts';
import type {Terminal} from '../command.ts';
import {InterruptedError, type AdminIo} from './admin-io.ts';
import {SecretLines} from './secret-lines.ts';

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
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    out: terminal.out,
    err: terminal.err,
    screen: process.stderr,
    interactive,
    // A read of standard input cannot be taken back, but nobody needs to wait for it.
    ask: (question) => Promise.race([interactive ? askPerson(question) : lines.next(), interrupted]),
    interrupted: interruption.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      lines.close();
    },
  };
}

async function askPerson(question: string): Promise<string | undefined> {
  try {
    const answer = Buffer.from((await promptSecret(question)).buffer);
    const text = answer.toString('utf8');
    answer.fill(0);
    return text;
  } catch (error) {
    if (error instanceof RootOfTrustError) return undefined;
    throw error;
  }
}
