import type {Logger} from 'pino';
import {UnavailableError} from '../errors.ts';
import {CKR} from './cryptoki.ts';
import {findSlot, type TokenName} from './find-slot.ts';
import {logIn} from './log-in.ts';
import type {Pkcs11Library} from './pkcs11-library.ts';
import {cureOf, isUnclear, Pkcs11Error} from './pkcs11-error.ts';
import type {SessionPool} from './session-pool.ts';
import {TokenError} from './token-error.ts';
import type {JobName, Parameters, Result, SlotDescription} from './token-job.ts';
import {TokenThreadError} from './token-thread.ts';

export interface TokenConnectionOptions {
  readonly library: Pkcs11Library;
  readonly pool: SessionPool;
  readonly name: TokenName;
  readonly pinFile: string;
  readonly stateDir: string;
  readonly log?: TokenLog | undefined;
}

/** What operators are told while the token is used. */
export type TokenLog = Pick<Logger, 'info' | 'error'>;

/** For what a token is asked before and between operations. */
const CONTROL_LIMIT_MS = 30_000;
/** After the token was not found, it is not looked for again at once by everybody who asks for something. */
const ABSENCE_BELIEVED_MS = 1000;

/** Where the token is now, and that this process is logged in to it. */
export class TokenConnection {
  readonly #options: TokenConnectionOptions;
  #slot: SlotDescription | undefined;
  #mechanisms: ReadonlySet<number> = new Set();
  #era = 0;
  #cure: Promise<void> | undefined;
  #absent: {readonly until: number; readonly error: unknown} | undefined;

  constructor(options: TokenConnectionOptions) {
    this.#options = options;
  }

  /** Another one after each login: handles of private objects hold no longer than that. */
  get era(): number {
    return this.#era;
  }

  get mechanisms(): ReadonlySet<number> {
    return this.#mechanisms;
  }

  get slot(): SlotDescription {
    if (!this.#slot) throw new UnavailableError('The token is away.');
    return this.#slot;
  }

  /** Finds the token and logs in. @throws TokenError */
  async connect(): Promise<void> {
    try {
      await this.#findAmongOthers();
      await this.#logIn();
    } catch (error) {
      throw asTokenError(error, this.#options.library.path);
    }
  }

  async run<J extends JobName>(job: J, parameters: Omit<Parameters<J>, 'slot'>): Promise<Result<J>> {
    const {slot} = this.slot;
    return this.#options.pool.run(job, {...parameters, slot}, {timeLimitMs: CONTROL_LIMIT_MS});
  }

  /** When nobody looks for the token, or logs in. */
  async settled(): Promise<void> {
    await this.#cure?.catch(() => undefined);
  }

  /** Logs in, unless somebody has since `era`. @throws UnavailableError */
  logInAgain(era: number): Promise<void> {
    return this.#once(era, () => this.#logIn());
  }

  /** Finds the token and logs in, unless somebody has since `era`. @throws UnavailableError */
  findAgain(era: number): Promise<void> {
    return this.#once(era, async () => {
      try {
        await this.#find();
        await this.#logIn();
      } catch (error) {
        if (error instanceof TokenError && error.reason !== 'token-absent') throw error;
        await this.#options.library.reinitialize();
        await this.#find();
        await this.#logIn();
      }
    });
  }

  async #once(era: number, work: () => Promise<void>): Promise<void> {
    if (era !== this.#era) return;
    if (this.#absent && performance.now() < this.#absent.until) throw unavailable(this.#absent.error);
    this.#cure ??= this.#cured(work).finally(() => {
      this.#cure = undefined;
    });
    await this.#cure;
  }

  async #cured(work: () => Promise<void>): Promise<void> {
    const {log, name} = this.#options;
    try {
      await work();
      log?.info({token: name}, this.#absent ? 'the token is back' : 'logged in to the token again');
      this.#absent = undefined;
    } catch (error) {
      // Of a login that met a lost token the cure is another one.
      if (error instanceof Pkcs11Error && error.code !== CKR.GENERAL_ERROR) throw error;
      if (!this.#absent) log?.error({err: error, token: name}, 'the token cannot be reached');
      this.#absent = {until: performance.now() + ABSENCE_BELIEVED_MS, error};
      throw unavailable(error);
    }
  }

  /** Where others use the library already, it may show only what was there when they began. */
  async #findAmongOthers(): Promise<void> {
    const {library} = this.#options;
    try {
      await this.#find();
    } catch (error) {
      if (!library.hasOtherUsers || !(error instanceof TokenError) || error.reason !== 'token-absent')
        throw error;
      await library.reinitialize();
      await this.#find();
    }
  }

  async #find(): Promise<void> {
    const {pool, name} = this.#options;
    const slots = await pool.run('slots', {}, {timeLimitMs: CONTROL_LIMIT_MS});
    this.#slot = findSlot(slots, name);
    const {mechanisms} = await this.run('describe', {});
    this.#mechanisms = new Set(mechanisms);
  }

  async #logIn(): Promise<void> {
    const {pinFile, stateDir} = this.#options;
    await logIn({
      ...{token: this.slot, pinFile, stateDir},
      readFlags: async () => (await this.run('describe', {})).flags,
      login: async (pin) => {
        await this.run('login', {pin});
      },
    });
    this.#era += 1;
  }
}

function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError('The token cannot be reached.', {cause});
}

function asTokenError(error: unknown, path: string): unknown {
  if (error instanceof TokenThreadError) {
    return error.cause === undefined
      ? new TokenError(
          'library-unusable',
          `The PKCS #11 library ${path} cannot be loaded: ${error.message}`,
          {cause: error},
        )
      : new TokenError(
          'binding-missing',
          `${error.message} It is compiled when the server is installed: npm install pkcs11js`,
          {cause: error},
        );
  }
  if (error instanceof Pkcs11Error) {
    const mayPass = isUnclear(error.code) || cureOf(error.code) === 'token';
    return new TokenError(
      mayPass ? 'token-failed' : 'login-failed',
      `The PKCS #11 library ${path} answered ${error.message}.`,
      {cause: error},
    );
  }
  return error;
}
