import {realpath, stat} from 'node:fs/promises';
import {errorCode} from '../error-code.ts';
import {HOW_GRANTED, NOT_GRANTED} from '../sealing/wrappers/key-file-problem.ts';
import {TokenError} from './token-error.ts';
import {TokenThread} from './token-thread.ts';

const REINITIALIZE_EVERY_MS = 1000;

const libraries = new Map<string, Pkcs11Library>();

/**
 * A library that this process has loaded: once, whoever uses it, since its sessions, its logins and its end are the
 * process's.
 */
export class Pkcs11Library {
  /** Without symbolic links. */
  readonly path: string;
  #users = 0;
  #calls = 0;
  /** Until nobody is to be let in. */
  #gate: Promise<void> | undefined;
  #whenQuiet: (() => void) | undefined;
  #reinitializedAt = -Infinity;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws TokenError where there is no such file */
  static async use(path: string): Promise<Pkcs11Library> {
    const real = await realpathOf(path);
    const library = libraries.get(real) ?? new Pkcs11Library(real);
    libraries.set(real, library);
    library.#users += 1;
    return library;
  }

  get hasOtherUsers(): boolean {
    return this.#users > 1;
  }

  /** @returns whether nobody else uses it */
  release(): boolean {
    this.#users -= 1;
    if (this.#users > 0) return false;
    libraries.delete(this.path);
    return true;
  }

  /** For calls of the library, of which several threads make theirs at the same time. */
  async shared<T>(call: () => Promise<T>): Promise<T> {
    while (this.#gate) await this.#gate;
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#whenQuiet?.();
    }
  }

  /** While no other call is being made. */
  async exclusively<T>(call: () => Promise<T>): Promise<T> {
    while (this.#gate) await this.#gate;
    const {promise, resolve} = Promise.withResolvers<undefined>();
    this.#gate = promise;
    try {
      if (this.#calls > 0) {
        await new Promise<void>((quiet) => {
          this.#whenQuiet = quiet;
        });
      }
      return await call();
    } finally {
      this.#whenQuiet = undefined;
      this.#gate = undefined;
      resolve(undefined);
    }
  }

  /** Ends the library's work and begins it anew: some see a token that came back only then. All sessions are gone. */
  async reinitialize(): Promise<void> {
    await this.exclusively(async () => {
      // Others who use it have asked for the same.
      if (performance.now() - this.#reinitializedAt < REINITIALIZE_EVERY_MS) return;
      const thread = new TokenThread(this.path);
      try {
        await thread.run('reinitialize', {});
      } finally {
        this.#reinitializedAt = performance.now();
        await thread.stop();
      }
    });
  }
}

async function realpathOf(path: string): Promise<string> {
  try {
    // By the name that was given: a process that is confined may look at nothing else.
    if ((await stat(path)).isFile()) return await realpath(path);
  } catch (cause) {
    if (errorCode(cause) === NOT_GRANTED)
      throw new TokenError(
        'library-unusable',
        `The PKCS #11 library ${path} may not be read by this process. ${HOW_GRANTED}`,
        {cause},
      );
    throw new TokenError('library-missing', `The PKCS #11 library ${path} cannot be found.`, {cause});
  }
  throw new TokenError('library-missing', `The PKCS #11 library ${path} is not a file.`);
}
