import {createInterface} from 'node:readline/promises';
import {styleText} from 'node:util';
import {RootOfTrustError} from '../../sealing/root-of-trust-error.ts';
import {askPerson} from '../ask-person.ts';
import type {Terminal} from '../command.ts';
import {InterruptedError, watchInterruption} from '../interruption.ts';
import {outputLost, watchStandardOutput} from '../standard-output.ts';
import {ClientError} from './client-error.ts';
import type {ClientIo} from './client-io.ts';

/** The process's own terminal, streams and signals, until it is disposed of. */
export function processClientIo(terminal: Terminal): ClientIo & Disposable {
  const {stdin, stdout, stderr} = process;
  const interruption = watchInterruption();
  const output = watchStandardOutput(stdout);
  return {
    out: terminal.out,
    err: terminal.err,
    interactive: stdin.isTTY,
    outIsTerminal: stdout.isTTY,
    screen: stderr,
    input: () => {
      // A read that nothing comes for would go on.
      interruption.signal.addEventListener('abort', () => stdin.destroy(new InterruptedError()));
      return stdin as AsyncIterable<Uint8Array>;
    },
    write: (bytes) =>
      output.write(bytes).catch((error: unknown) => {
        throw failed(error);
      }),
    askSecret: async (question) => {
      try {
        return await askPerson(question, interruption.signal);
      } catch (error) {
        if (!(error instanceof RootOfTrustError)) throw error;
        throw new ClientError('failed', 'Nothing was given.', {cause: error});
      }
    },
    ask: (question) => askOnTerminal(question, interruption.signal),
    paint: (style, text) => (stdout.isTTY ? styleText(style, text, {stream: stdout}) : text),
    flush: async () => {
      const lost = await output.flush();
      if (lost) throw failed(lost);
    },
    interrupted: interruption.signal,
    [Symbol.dispose]: () => {
      interruption[Symbol.dispose]();
      output[Symbol.dispose]();
      // What waits for input that nobody reads any more must not keep the process.
      stdin.destroy();
    },
  };
}

async function askOnTerminal(question: string, signal: AbortSignal): Promise<string> {
  using lines = createInterface({input: process.stdin, output: process.stderr});
  const stopped = new AbortController();
  lines.once('SIGINT', () => stopped.abort());
  try {
    return await lines.question(question, {signal: AbortSignal.any([signal, stopped.signal])});
  } catch (error) {
    if (signal.aborted || stopped.signal.aborted) throw new InterruptedError();
    throw error;
  }
}

function failed(cause: unknown): ClientError {
  return new ClientError('failed', outputLost(cause), {cause});
}
