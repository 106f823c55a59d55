import type {PKCS11} from 'pkcs11js';
import {asBuffer, ignoring, returnValue, toNative} from './binding-values.ts';
import {CKA, CKF, CKK, CKO, CKR, CKS_USER_FUNCTIONS, CKU_USER} from './cryptoki.ts';
import {OwnSession} from './own-session.ts';
import {cureOf, Pkcs11Error} from './pkcs11-error.ts';
import {assertIs, assertMadeAs, findHandles, readObjects} from './session-objects.ts';
import type {Handle, JobName, KeyUse, NewKeyPair, Parameters, Result, SlotDescription} from './token-job.ts';

type SessionJobs = {readonly [J in JobName]: (parameters: Parameters<J>) => Result<J>};

const PADDING = / +$/;
/** A secret that is looked at, and forgotten with the session. */
const READABLE_SECRET = [
  {type: CKA.CLASS, value: CKO.SECRET_KEY},
  {type: CKA.KEY_TYPE, value: CKK.GENERIC_SECRET},
  {type: CKA.TOKEN, value: false},
  {type: CKA.SENSITIVE, value: false},
  {type: CKA.EXTRACTABLE, value: true},
];

/** Of no bytes, the binding would give the library no pointer, which some refuse. */
const EMPTY = Buffer.alloc(1).subarray(0, 0);
const input = (data: Uint8Array): Buffer => (data.length === 0 ? EMPTY : asBuffer(data));

/** One session with a token, of one thread, opened when it is needed; every call waits for the token. */
export class TokenSession {
  readonly #library: PKCS11;
  readonly #session: OwnSession;

  constructor(library: PKCS11) {
    this.#library = library;
    this.#session = new OwnSession(library);
  }

  /** Several threads do it: the first one begins the library's work in this process. */
  initialize(): void {
    try {
      this.#library.C_Initialize({flags: CKF.OS_LOCKING_OK});
    } catch (error) {
      if (returnValue(error)?.code !== CKR.CRYPTOKI_ALREADY_INITIALIZED) throw error;
    }
  }

  /** @throws Pkcs11Error; after what only another session cures, the next job has one. */
  run<J extends JobName>(job: J, parameters: Parameters<J>): Result<J> {
    try {
      return this.jobs[job](parameters);
    } catch (thrown) {
      const error = returnValue(thrown);
      if (!error) throw thrown;
      const cure = cureOf(error.code);
      if (cure === 'session' || cure === 'token') this.#session.retire();
      throw error;
    }
  }

  readonly jobs: SessionJobs = {
    slots: () => this.#library.C_GetSlotList(true).flatMap((slot) => this.#describeSlot(slot)),
    reinitialize: () => {
      this.#session.close();
      ignoring(CKR.CRYPTOKI_NOT_INITIALIZED, () => this.#library.C_Finalize());
      this.initialize();
    },
    finalize: () => {
      this.#session.close();
      ignoring(CKR.CRYPTOKI_NOT_INITIALIZED, () => this.#library.C_Finalize());
    },
    describe: ({slot}) => {
      const {flags} = this.#library.C_GetTokenInfo(Buffer.from(slot));
      return {flags, mechanisms: this.#library.C_GetMechanismList(Buffer.from(slot))};
    },
    login: ({slot, pin}) =>
      ignoring(CKR.USER_ALREADY_LOGGED_IN, () =>
        this.#library.C_Login(this.#session.open(slot), CKU_USER, pin),
      ),
    assertUsable: ({slot}) => {
      this.#library.C_GetTokenInfo(Buffer.from(slot));
      this.#assertLoggedIn(this.#session.open(slot));
    },
    find: ({slot, template, read, limit}) => {
      const session = this.#session.open(slot);
      const handles = findHandles(this.#library, session, template, limit);
      // Who is not logged in sees none, and is told nothing.
      this.#assertLoggedIn(session);
      return readObjects(this.#library, session, {handles, read});
    },
    findAll: ({slot, template}) => {
      const session = this.#session.open(slot);
      const handles = findHandles(this.#library, session, template, Infinity);
      this.#assertLoggedIn(session);
      return {handles: Uint8Array.from(Buffer.concat(handles)), count: handles.length};
    },
    attributes: ({slot, handles, read}) => {
      const session = this.#session.open(slot);
      this.#assertLoggedIn(session);
      return readObjects(this.#library, session, {handles, read});
    },
    generateKey: ({slot, mechanism, template}) => {
      const session = this.#session.open(slot);
      const key = this.#library.C_GenerateKey(session, toNative(mechanism), toNative(template));
      this.#keepIf(session, key, () => assertMadeAs(this.#library, session, key, template));
      return key;
    },
    generateKeyPair: ({slot, mechanism, publicTemplate, privateTemplate, read}): NewKeyPair => {
      const session = this.#session.open(slot);
      const pair = this.#library.C_GenerateKeyPair(
        session,
        toNative(mechanism),
        toNative(publicTemplate),
        toNative(privateTemplate),
      );
      return this.#keepIf(session, pair.privateKey, () => {
        const types = read.map((type) => ({type}));
        const values = this.#library.C_GetAttributeValue(session, pair.publicKey, types);
        this.#library.C_DestroyObject(session, pair.publicKey);
        assertMadeAs(this.#library, session, pair.privateKey, privateTemplate);
        return {privateKey: pair.privateKey, values: values.map(({value}) => value)};
      });
    },
    sign: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      this.#library.C_SignInit(session, toNative(use.mechanism), key);
      return this.#library.C_Sign(session, input(use.data), Buffer.alloc(use.length));
    },
    encrypt: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      this.#library.C_EncryptInit(session, toNative(use.mechanism), key);
      return this.#library.C_Encrypt(session, input(use.data), Buffer.alloc(use.length));
    },
    decrypt: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      this.#library.C_DecryptInit(session, toNative(use.mechanism), key);
      return this.#library.C_Decrypt(session, input(use.data), Buffer.alloc(use.length));
    },
    derive: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      const template = [...READABLE_SECRET, {type: CKA.VALUE_LEN, value: use.length}];
      return this.#takeValue(
        session,
        this.#library.C_DeriveKey(session, toNative(use.mechanism), key, template),
      );
    },
    wrap: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      const template = [...READABLE_SECRET, {type: CKA.VALUE, value: asBuffer(use.data)}];
      const secret = this.#library.C_CreateObject(session, template);
      try {
        const wrapped = Buffer.alloc(use.length);
        return this.#library.C_WrapKey(session, toNative(use.mechanism), key, secret, wrapped);
      } finally {
        this.#library.C_DestroyObject(session, secret);
      }
    },
    unwrap: ({slot, ...use}) => {
      const [session, key] = this.#prepare(slot, use);
      const wrapped = asBuffer(use.data);
      return this.#takeValue(
        session,
        this.#library.C_UnwrapKey(session, toNative(use.mechanism), key, wrapped, READABLE_SECRET),
      );
    },
    destroy: ({slot, objects}) => {
      const session = this.#session.open(slot);
      for (const handle of objects) this.#library.C_DestroyObject(session, Buffer.from(handle));
    },
    closeSession: () => this.#session.close(),
  };

  #prepare(slot: Handle, {key, id, local}: KeyUse): readonly [Buffer, Buffer] {
    const session = this.#session.open(slot);
    const handle = Buffer.from(key);
    if (id) assertIs(this.#library, session, handle, {id, local});
    return [session, handle];
  }

  #assertLoggedIn(session: Buffer): void {
    if (!CKS_USER_FUNCTIONS.has(this.#library.C_GetSessionInfo(session).state))
      throw new Pkcs11Error('CKR_USER_NOT_LOGGED_IN', CKR.USER_NOT_LOGGED_IN);
  }

  /** A new key is destroyed where what is to be known of it is not told. */
  #keepIf<T>(session: Buffer, key: Buffer, work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#library.C_DestroyObject(session, key);
      throw error;
    }
  }

  #takeValue(session: Buffer, secret: Buffer): Buffer {
    try {
      const [value] = this.#library.C_GetAttributeValue(session, secret, [{type: CKA.VALUE}]);
      if (!value) throw new Error('The token gave no value.');
      return value.value;
    } finally {
      this.#library.C_DestroyObject(session, secret);
    }
  }

  /** None where the slot's token is not initialised, or went away meanwhile. */
  #describeSlot(slot: Buffer): SlotDescription[] {
    try {
      const {label, serialNumber, manufacturerID, model, flags} = this.#library.C_GetTokenInfo(slot);
      if ((flags & CKF.TOKEN_INITIALIZED) === 0) return [];
      const [tokenLabel = '', serial = '', manufacturer = '', modelName = ''] = [
        label,
        serialNumber,
        manufacturerID,
        model,
      ].map((text) => text.replace(PADDING, ''));
      return [{slot, label: tokenLabel, serial, manufacturer, model: modelName, flags}];
    } catch (error) {
      if (!returnValue(error)) throw error;
      return [];
    }
  }
}
