import {UnavailableError} from '../errors.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeyModule, KeyVersion} from './key-module.ts';

export interface PendingErasuresOptions {
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** The first pause; each is twice as long as the one before. Default: 5 s */
  readonly firstMs?: number;
  /** The longest. Default: 10 minutes */
  readonly mostMs?: number;
}

export type FindModule = () => KeyModule | undefined | Promise<KeyModule | undefined>;

interface Pending {
  readonly key: KeyVersion;
  readonly findModule: FindModule;
}

const FIRST_MS = 5000;
const MOST_MS = 600_000;
const MOST_KEYS = 10_000;

/**
 * Keys that no record has any more, and that their module could not be reached to erase: it is asked again, later each time. In memory: what is left
 * when the process ends, reconciling finds.
 */
export class PendingErasures {
  readonly #log: PendingErasuresOptions['log'];
  readonly #firstMs: number;
  readonly #mostMs: number;
  #waiting: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #pauseMs: number;
  #isClosed = false;

  constructor({log, firstMs = FIRST_MS, mostMs = MOST_MS}: PendingErasuresOptions) {
    this.#log = log;
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#pauseMs = firstMs;
  }

  /** @returns whether it is tried again */
  add(key: KeyVersion, findModule: FindModule): boolean {
    if (this.#isClosed || this.#waiting.length >= MOST_KEYS) return false;
    this.#waiting.push({key, findModule});
    this.#schedule();
    return true;
  }

  /** Waits for what is being asked of a module. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#round;
    for (const {key} of this.#waiting) this.#log.warn(fieldsOf(key), 'a key is left in its key module');
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#tryAll().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, this.#pauseMs).unref();
  }

  /** One after the other; a module that is away for one is away for the others, too. */
  async #tryAll(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    const away = new Set<KeyModule | undefined>();
    for (const pending of asked) if (await this.#isLeft(pending, away)) this.#waiting.push(pending);
    this.#pauseMs =
      this.#waiting.length < asked.length ? this.#firstMs : Math.min(2 * this.#pauseMs, this.#mostMs);
  }

  async #isLeft({key, findModule}: Pending, away: Set<KeyModule | undefined>): Promise<boolean> {
    let module: KeyModule | undefined;
    try {
      if (this.#isClosed) return true;
      module = await findModule();
      if (away.has(module)) return true;
      await module?.destroyKey?.(key);
      this.#log.info(fieldsOf(key), 'a key that was left in its key module was erased');
      return false;
    } catch (err) {
      if (err instanceof UnavailableError) {
        away.add(module);
        return true;
      }
      this.#log.warn({...fieldsOf(key), err}, 'a key is left in its key module, which could not erase it');
      return false;
    }
  }
}

export function fieldsOf(key: KeyVersion): {readonly key: string; readonly version: number} {
  return {key: keyUrl(key), version: key.version};
}
