/** By the shell's convention: 128 + the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** One Ctrl+C may arrive twice: from the terminal, and passed on by the launcher. */
const SAME_SIGNAL_MS = 500;

/** The person who ran the command has stopped it. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('Interrupted.');
  }
}

export interface Interruption extends Disposable {
  /** Aborted, with InterruptedError, by Ctrl+C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Watches for Ctrl+C and SIGTERM until it is disposed of. A second one ends the process at once. */
export function watchInterruption(): Interruption {
  const interruption = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= performance.now();
    interruption.abort(new InterruptedError());
    if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: interruption.signal,
    [Symbol.dispose]: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
