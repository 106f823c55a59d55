/** By the shell's convention: 128 + the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** One Ctrl+C may arrive twice: from the terminal, and passed on by the launcher. */
const SAME_SIGNAL_MS = 500;

/** SIGHUP: the terminal was closed, or its connection. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The person who ran the command has stopped it. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('Interrupted.');
  }
}

export interface Interruption extends Disposable {
  /** Aborted, with InterruptedError, by Ctrl+C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/** Watches for the signals until it is disposed of. A second one ends the process at once. */
export function watchInterruption(): Interruption {
  const interruption = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= performance.now();
    interruption.abort(new InterruptedError());
    if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: interruption.signal,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
