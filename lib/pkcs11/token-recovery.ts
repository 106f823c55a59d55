import {setTimeout as sleep} from 'node:timers/promises';
import {UnavailableError} from '../errors.ts';
import {cureOf, isUnclear, Pkcs11Error} from './pkcs11-error.ts';
import type {TokenConnection} from './token-connection.ts';

export interface TokenRecoveryOptions {
  readonly connection: Pick<TokenConnection, 'era' | 'run' | 'logInAgain' | 'findAgain'>;
  /** How long it is tried. */
  readonly timeLimitMs: number;
  /** Called before it is tried again: what is known of the token's objects may not hold any more. */
  readonly onLoss: () => void;
}

const MAX_TRIES = 32;
const PAUSE_AFTER_TRIES = 3;
const PAUSE_MS = 5;

/** Tries again what failed because of sessions, logins or handles that ended, and makes new ones. */
export class TokenRecovery {
  readonly #options: TokenRecoveryOptions;

  constructor(options: TokenRecoveryOptions) {
    this.#options = options;
  }

  /**
   * An unclear answer is one only if it comes twice, of a token that is well.
   * @param onStale called in place of `onLoss` where a handle alone does not hold
   * @throws Pkcs11Error for what the token refuses, UnavailableError where it cannot be reached
   */
  async attempt<T>(work: () => Promise<T>, onStale = this.#options.onLoss): Promise<T> {
    const {connection, timeLimitMs} = this.#options;
    const givesUpAt = performance.now() + timeLimitMs;
    let unclearWhileWell = 0;
    for (let tries = 1; ; tries += 1) {
      const {era} = connection;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Pkcs11Error)) throw error;
        const unclear = isUnclear(error.code);
        if (!unclear && !cureOf(error.code)) throw error;
        if (unclear && unclearWhileWell > 0) throw error;
        if (tries >= MAX_TRIES || performance.now() > givesUpAt)
          throw new UnavailableError('The token cannot be reached.', {cause: error});
        const wasWell = await this.#cure(error, {era, onStale});
        unclearWhileWell = unclear && wasWell ? unclearWhileWell + 1 : 0;
      }
      if (tries >= PAUSE_AFTER_TRIES) await sleep(PAUSE_MS * Math.random() * tries);
    }
  }

  /** @returns whether the token was well: found, and logged in to */
  async #cure(
    failure: Pkcs11Error,
    {era, onStale}: {readonly era: number; readonly onStale: () => void},
  ): Promise<boolean> {
    const {connection, onLoss} = this.#options;
    try {
      const error = isUnclear(failure.code) ? await this.#findFault() : failure;
      if (!error && connection.era === era) return true;
      const cure = error && cureOf(error.code);
      if (cure === 'handle') onStale();
      else onLoss();
      if (!error) return false;
      if (cure === 'login') await connection.logInAgain(era);
      else if (cure === undefined || cure === 'token') await connection.findAgain(era);
    } catch (error) {
      // What is lost again while it is being cured is seen at the next try.
      if (!(error instanceof Pkcs11Error)) throw error;
    }
    return false;
  }

  async #findFault(): Promise<Pkcs11Error | undefined> {
    try {
      await this.#options.connection.run('assertUsable', {});
      return undefined;
    } catch (error) {
      if (error instanceof Pkcs11Error) return error;
      throw error;
    }
  }
}
