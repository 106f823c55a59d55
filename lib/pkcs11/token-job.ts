/* What token threads are asked to do. All of it can be cloned; numbers are those of cryptoki.ts. */

/** A handle of the library: of an object, or a slot's number. */
export type Handle = Uint8Array;

export interface Attribute {
  readonly type: number;
  readonly value: boolean | number | string | Uint8Array;
}

export type Template = readonly Attribute[];

export interface Mechanism {
  readonly mechanism: number;
  /** As pkcs11js takes it. */
  readonly parameter?: {readonly type: number; readonly [member: string]: number | Uint8Array};
}

/** A key of the token, in use. */
export interface KeyUse {
  readonly key: Handle;
  /** The CKA_ID that the key must have: looked at before it is used. */
  readonly id?: Uint8Array | undefined;
  /** As of `TokenObject`; looked at with the id. */
  readonly local?: boolean | undefined;
  readonly mechanism: Mechanism;
  /** The thread overwrites it. */
  readonly data: Uint8Array;
  /** The most bytes that can come. */
  readonly length: number;
}

export interface FoundObject {
  readonly handle: Handle;
  /** In the order that they were asked for; undefined where the token does not tell it. */
  readonly values: readonly (Uint8Array | undefined)[];
}

export interface SlotDescription {
  readonly slot: Handle;
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly flags: number;
}

export interface NewKeyPair {
  readonly privateKey: Handle;
  /** Of the public key, which was a session's object and is gone. */
  readonly values: readonly Uint8Array[];
}

/** Every job, by its parameters and its result. */
export interface TokenJobs {
  /** Slots that hold an initialised token. */
  slots: {parameters: object; result: readonly SlotDescription[]};
  /** Ends the library's work in this process and begins it anew: no other thread may be inside a call. */
  reinitialize: {parameters: object; result: unknown};
  finalize: {parameters: object; result: unknown};
  describe: {
    parameters: {slot: Handle};
    result: {flags: number; mechanisms: readonly number[]};
  };
  login: {parameters: {slot: Handle; pin: string}; result: unknown};
  /** Whether private objects are seen. @throws USER_NOT_LOGGED_IN, and what the token says where it is away */
  assertUsable: {parameters: {slot: Handle}; result: unknown};
  find: {
    parameters: {slot: Handle; template: Template; read: readonly number[]; limit: number};
    result: readonly FoundObject[];
  };
  /** Handles alone, one after the other, each of the same length. */
  findAll: {parameters: {slot: Handle; template: Template}; result: {handles: Uint8Array; count: number}};
  /** Of those that are there. */
  attributes: {
    parameters: {slot: Handle; handles: readonly Handle[]; read: readonly number[]};
    result: readonly FoundObject[];
  };
  generateKey: {parameters: {slot: Handle; mechanism: Mechanism; template: Template}; result: Handle};
  generateKeyPair: {
    parameters: {
      slot: Handle;
      mechanism: Mechanism;
      publicTemplate: Template;
      privateTemplate: Template;
      read: readonly number[];
    };
    result: NewKeyPair;
  };
  sign: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  encrypt: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  decrypt: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  /** The value of the secret that the mechanism gives, `length` bytes; `data` is not used. */
  derive: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  /** Wraps `data` as if it were a key. */
  wrap: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  unwrap: {parameters: {slot: Handle} & KeyUse; result: Uint8Array};
  destroy: {parameters: {slot: Handle; objects: readonly Handle[]}; result: unknown};
  closeSession: {parameters: object; result: unknown};
}

export type JobName = keyof TokenJobs;
export type Parameters<J extends JobName> = TokenJobs[J]['parameters'];
export type Result<J extends JobName> = TokenJobs[J]['result'];

export interface JobMessage<J extends JobName = JobName> {
  readonly job: J;
  readonly parameters: Parameters<J>;
}

export type JobReply =
  | {readonly result: unknown}
  /** `code` absent where it was no answer of PKCS #11. */
  | {readonly failed: string; readonly code?: number};
