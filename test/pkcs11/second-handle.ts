import {createRequire} from 'node:module';
import type * as Binding from 'pkcs11js';
import {CKA, CKF, CKU_USER} from '../../lib/pkcs11/cryptoki.ts';
import type {SoftHsmToken} from '../support/softhsm-token.ts';

/** Somebody else in this process who uses the same library: its sessions and logins are the process's. */
export class SecondHandle {
  readonly binding: Binding.PKCS11;
  readonly #hsm: SoftHsmToken;

  /** Only while the token is open. */
  constructor(hsm: SoftHsmToken) {
    const {PKCS11} = createRequire(import.meta.url)('pkcs11js') as typeof Binding;
    this.binding = new PKCS11();
    this.binding.load(hsm.library);
    this.#hsm = hsm;
  }

  get slot(): Buffer {
    const found = this.binding
      .C_GetSlotList(true)
      .find((slot) => this.binding.C_GetTokenInfo(slot).label.trimEnd() === this.#hsm.label);
    if (!found) throw new Error('The token is away.');
    return found;
  }

  get flags(): number {
    return this.binding.C_GetTokenInfo(this.slot).flags;
  }

  withSession<T>(work: (session: Buffer) => T): T {
    const session = this.binding.C_OpenSession(this.slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    try {
      return work(session);
    } finally {
      this.binding.C_CloseSession(session);
    }
  }

  logIn(): void {
    this.withSession((session) => this.binding.C_Login(session, CKU_USER, this.#hsm.pin));
  }

  logOut(): void {
    this.withSession((session) => this.binding.C_Logout(session));
  }

  closeAllSessions(): void {
    this.binding.C_CloseAllSessions(this.slot);
  }

  find(session: Buffer, label: string): Buffer[] {
    this.binding.C_FindObjectsInit(session, [{type: CKA.LABEL, value: label}]);
    try {
      return this.binding.C_FindObjects(session, 100);
    } finally {
      this.binding.C_FindObjectsFinal(session);
    }
  }
}
