import {AdminError} from '../../admin/admin-operation.ts';
import {RootOfTrustError} from '../../sealing/root-of-trust-error.ts';
import {askPerson} from '../ask-person.ts';
import type {Terminal} from '../command.ts';
import {InterruptedError, watchInterruption} from '../interruption.ts';
import {outputLost, watchStandardOutput} from '../standard-output.ts';
import type {AdminIo} from './admin-io.ts';
import {decodeSecret, SecretLines} from './secret-lines.ts';

/** The process's own terminal, standard input and signals, until it is disposed of. */
export function processIo(terminal: Terminal): AdminIo & Disposable {
  const lines = new SecretLines(process.stdin);
  const interactive = process.stdin.isTTY;
  const interruption = watchInterruption();
  const output = watchStandardOutput();
  const {promise: interrupted, reject} = Promise.withResolvers<never>();
  interrupted.catch(() => undefined);
  interruption.signal.addEventListener('abort', () => reject(new InterruptedError()));
  return {
    out: terminal.out,
    err: terminal.err,
    screen: process.stderr,
    interactive,
    // A read of standard input cannot be taken back, but nobody needs to wait for it.
    ask: (question) =>
      Promise.race([interactive ? askForText(question, interruption.signal) : lines.next(), interrupted]),
    flush: async () => {
      const lost = await output.flush();
      if (lost) throw new AdminError('failed', outputLost(lost), {cause: lost});
    },
    interrupted: interruption.signal,
    [Symbol.dispose]: () => {
      interruption[Symbol.dispose]();
      output[Symbol.dispose]();
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
