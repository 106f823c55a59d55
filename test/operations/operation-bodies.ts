import fc from 'fast-check';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import type {OperationBody, OperationType} from '../../schemas/kms-operations.ts';

const bytes = fc.uint8Array({maxLength: 64}).map(encodeBase64url);
const url = fc.webUrl({validSchemes: ['https']}).filter(({length}) => length <= 2048);
const name = fc.string({minLength: 1, maxLength: 64});
const optionalContext = {'@context': fc.constant('https://w3id.org/webkms/v1' as const)};

/** Bodies that the schema of each operation accepts. */
export const OPERATION_BODIES: {readonly [T in OperationType]: fc.Arbitrary<OperationBody<T>>} = {
  GenerateKeyOperation: fc.record(
    {
      '@context': fc.constant(['https://w3id.org/webkms/v1', 'https://w3id.org/security/multikey/v1']),
      type: fc.constant('GenerateKeyOperation'),
      invocationTarget: fc.record(
        {
          type: name,
          maxCapabilityChainLength: fc.integer({min: 1, max: 10}),
          publicAlias: name,
          publicAliasTemplate: name,
        },
        {requiredKeys: ['type']},
      ),
    },
    {requiredKeys: ['type', 'invocationTarget']},
  ),
  SignOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('SignOperation'),
      invocationTarget: url,
      verifyData: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'verifyData']},
  ),
  VerifyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('VerifyOperation'),
      invocationTarget: url,
      verifyData: bytes,
      signatureValue: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'verifyData', 'signatureValue']},
  ),
  WrapKeyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('WrapKeyOperation'),
      invocationTarget: url,
      unwrappedKey: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'unwrappedKey']},
  ),
  UnwrapKeyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('UnwrapKeyOperation'),
      invocationTarget: url,
      wrappedKey: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'wrappedKey']},
  ),
  DeriveSecretOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('DeriveSecretOperation'),
      invocationTarget: url,
      publicKey: fc.record({type: name, publicKeyMultibase: name}),
    },
    {requiredKeys: ['type', 'invocationTarget', 'publicKey']},
  ),
};

export const OPERATION_TYPES = Object.keys(OPERATION_BODIES) as OperationType[];
