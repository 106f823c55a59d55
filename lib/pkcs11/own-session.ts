import type {PKCS11} from 'pkcs11js';
import {returnValue} from './binding-values.ts';
import {CKF} from './cryptoki.ts';
import type {Handle} from './token-job.ts';

type SessionCalls = Pick<PKCS11, 'C_OpenSession' | 'C_CloseSession'>;

/** The one session of a thread. */
export class OwnSession {
  readonly #library: SessionCalls;
  #open: {readonly slot: Buffer; readonly session: Buffer} | undefined;
  /** To be closed when there is another one: with a process's last session, its login ends. */
  #stale: Buffer | undefined;

  constructor(library: SessionCalls) {
    this.#library = library;
  }

  /** The session with the token in that slot. */
  open(slot: Handle): Buffer {
    if (this.#open?.slot.equals(slot)) return this.#open.session;
    this.retire();
    const own = Buffer.from(slot);
    const session = this.#library.C_OpenSession(own, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    this.#open = {slot: own, session};
    this.#closeStale();
    return session;
  }

  /** The next one is another. */
  retire(): void {
    this.#closeStale();
    this.#stale = this.#open?.session;
    this.#open = undefined;
  }

  close(): void {
    this.retire();
    this.#closeStale();
  }

  #closeStale(): void {
    const session = this.#stale;
    this.#stale = undefined;
    if (!session) return;
    try {
      this.#library.C_CloseSession(session);
    } catch (error) {
      // It is closed already, or with its token.
      if (!returnValue(error)) throw error;
    }
  }
}
