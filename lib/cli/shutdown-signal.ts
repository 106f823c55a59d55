type Signal = 'SIGTERM' | 'SIGINT';

/** What is needed of `process`. */
export interface SignalSource {
  on(signal: Signal, listener: (signal: Signal) => void): unknown;
  exit(code: number): never;
}

/** One Ctrl+C may arrive twice: from the terminal, and passed on by npm or by the launcher. */
const SAME_SIGNAL_MS = 500;

/** Exit codes by the shell's convention: 128 + the signal's number. */
const EXIT_CODES: Readonly<Record<Signal, number>> = {SIGINT: 130, SIGTERM: 143};

/** Resolves with the first signal to stop. A second one ends the process at once. */
export function shutdownSignal(
  source: SignalSource,
  now: () => number = performance.now.bind(performance),
): Promise<Signal> {
  const {promise, resolve} = Promise.withResolvers<Signal>();
  let first: number | undefined;
  const onSignal = (signal: Signal): void => {
    if (first === undefined) {
      first = now();
      resolve(signal);
    } else if (now() - first > SAME_SIGNAL_MS) {
      source.exit(EXIT_CODES[signal]);
    }
  };
  source.on('SIGTERM', onSignal);
  source.on('SIGINT', onSignal);
  return promise;
}
