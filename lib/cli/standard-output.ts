import {errorCode} from '../error-code.ts';

/** Standard output as a command's result: unlike the console, it tells where something could not be written. */
export interface StandardOutput extends Disposable {
  /** Bytes as they are; resolves when more may follow. @throws Error where nobody takes them */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written has gone. @returns what went wrong, e.g. a full disk */
  flush(): Promise<Error | undefined>;
}

/** What a person is told where it could not be written. */
export function outputLost(error: unknown): string {
  const code = errorCode(error) ?? 'unknown error';
  return `Not everything could be written to standard output (${code}): what is there is not complete.`;
}

/** Watches the process's standard output until it is disposed of. */
export function watchStandardOutput(output: NodeJS.WriteStream = process.stdout): StandardOutput {
  let lost: Error | undefined;
  const onError = (error: Error): void => void (lost ??= error);
  output.on('error', onError);
  const send = async (bytes: Uint8Array): Promise<void> => {
    const {promise, resolve} = Promise.withResolvers<undefined>();
    output.write(bytes, () => resolve(undefined));
    await promise;
  };
  return {
    write: async (bytes) => {
      await send(bytes);
      if (lost) throw lost;
    },
    flush: async () => {
      await send(new Uint8Array());
      return lost;
    },
    [Symbol.dispose]: () => void output.off('error', onError),
  };
}
