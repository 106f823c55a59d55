import {bytes, done, fields, optional, text, tuple} from '../rpc/shape.ts';
import type {MethodsOf} from '../rpc/methods-of.ts';

/** What a client may ask, once it is known. Operations and replies are the JSON documents of docs/keys.md, in UTF-8. */
export interface IpcService {
  runOnKeystore(operation: Uint8Array): Promise<Uint8Array>;
  /** @param keyId the key's URL, which is the operation's `invocationTarget` */
  runOnKey(keyId: string, operation: Uint8Array): Promise<Uint8Array>;
  describeKey(keyId: string): Promise<Uint8Array>;
  listKeys(query: IpcListQuery): Promise<Uint8Array>;
}

export interface IpcListQuery {
  readonly name?: string;
  readonly cursor?: string;
}

export const IPC_PART = 'ipc';

export const IPC_METHODS: MethodsOf<IpcService> = {
  runOnKeystore: {parameters: tuple(bytes), result: bytes, writes: true},
  runOnKey: {parameters: tuple(text, bytes), result: bytes, writes: true},
  describeKey: {parameters: tuple(text), result: bytes},
  listKeys: {parameters: tuple(fields({name: optional(text), cursor: optional(text)})), result: bytes},
};

/** What a server asks of a client. */
export interface IpcClientSide {
  /** To ask nothing more over this connection, and to end it when all that it asked is answered: the server stops, or another goes on. */
  leave(): Promise<void>;
}

export const IPC_CLIENT_PART = 'client';

export const IPC_CLIENT_METHODS: MethodsOf<IpcClientSide> = {
  leave: {parameters: tuple(), result: done},
};
