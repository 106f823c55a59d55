import type {FromSchema, Schema} from './json-schema.ts';
import {deriveSecretOperation, deriveSecretReply} from './operations/derive-secret.ts';
import {generateKeyOperation, generateKeyReply} from './operations/generate-key.ts';
import {signOperation, signReply} from './operations/sign.ts';
import {unwrapKeyOperation, unwrapKeyReply} from './operations/unwrap-key.ts';
import {verifyOperation, verifyReply} from './operations/verify.ts';
import {wrapKeyOperation, wrapKeyReply} from './operations/wrap-key.ts';

/** The body and the reply of every KMS operation, by the operation's `type`. */
export const KMS_OPERATIONS = {
  GenerateKeyOperation: {body: generateKeyOperation, reply: generateKeyReply},
  SignOperation: {body: signOperation, reply: signReply},
  VerifyOperation: {body: verifyOperation, reply: verifyReply},
  WrapKeyOperation: {body: wrapKeyOperation, reply: wrapKeyReply},
  UnwrapKeyOperation: {body: unwrapKeyOperation, reply: unwrapKeyReply},
  DeriveSecretOperation: {body: deriveSecretOperation, reply: deriveSecretReply},
} as const satisfies Readonly<Record<string, {readonly body: Schema; readonly reply: Schema}>>;

export type OperationType = keyof typeof KMS_OPERATIONS;

/** The body of an operation, once validated. */
export type OperationBody<T extends OperationType> = FromSchema<(typeof KMS_OPERATIONS)[T]['body']>;

/** The reply to an operation. */
export type OperationReply<T extends OperationType> = FromSchema<(typeof KMS_OPERATIONS)[T]['reply']>;
